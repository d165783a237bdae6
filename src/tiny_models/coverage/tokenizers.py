"""Which tokenizers of the library can be made, loaded and saved again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from tiny_models.core.errors import MissingRequirement
from tiny_models.coverage.asset_report import AssetRow, first_line
from tiny_models.repository.contents import changed, contents
from tiny_models.tokenizers.options import TokenizerOptions
from tiny_models.tokenizers.quirks import CLASS_ENTRIES, Entry
from tiny_models.tokenizers.recipes import GENERAL_CLASS, Recipe, recipe_for
from tiny_models.tokenizers.write import write
from tiny_models.vocabulary.vocabulary import Vocabulary
from toolkit.errors import ToolError
from toolkit.scratch_directory import scratch_directory

_TEXT = "Hello world, the house of 23 men"


def report(model_types: Iterable[str] | None = None) -> Iterator[AssetRow]:
    """A row for each model type that the library maps a tokenizer to, or for those given."""
    from transformers.models.auto.tokenization_auto import TOKENIZER_MAPPING_NAMES

    for model_type in TOKENIZER_MAPPING_NAMES if model_types is None else model_types:
        yield _row(model_type, TOKENIZER_MAPPING_NAMES.get(model_type) or GENERAL_CLASS)


def _row(model_type: str, class_name: str) -> AssetRow:
    def row(status: str, **values: Any) -> AssetRow:
        return AssetRow(model_type, "tokenizer", class_name, status, **values)

    try:
        recipe = recipe_for(model_type, TokenizerOptions())
        with scratch_directory("tiny-models-coverage-") as scratch:
            directory = scratch / "made"
            vocabulary = write(recipe, directory)
            loaded, differing = _checked(recipe, vocabulary, directory)
    except MissingRequirement as problem:
        return row("lacks", reason=problem.message)
    except (ToolError, Exception) as problem:  # noqa: BLE001 - the report is there to show any cause
        return row("fails", reason=first_line(problem))
    reason = ""
    if differing:
        damage = CLASS_ENTRIES.get(class_name, Entry("")).reason
        reason = f"saved again differently: {', '.join(differing)}; {damage}"
    return row("built", loaded=loaded, resaved=not differing, reason=reason)


def _checked(recipe: Recipe, vocabulary: Vocabulary, directory: Path) -> tuple[bool, list[str]]:
    """Whether the Auto class gives the recipe's class, and the files that it saves differently."""
    import transformers

    (directory / "config.json").write_text(json.dumps(_config(recipe)))
    tokenizer = transformers.AutoTokenizer.from_pretrained(
        directory, local_files_only=True, trust_remote_code=False
    )
    again = directory.with_name("again")
    tokenizer.save_pretrained(again)
    differing = changed(contents(directory), contents(again))
    if not recipe.parts:
        largest = max([*tokenizer.get_vocab().values(), *_ids(tokenizer)])
        if largest >= vocabulary.size:
            raise ValueError(f"an id of {largest} in a vocabulary of {vocabulary.size}")
    return type(tokenizer) is getattr(transformers, recipe.tokenizer_class), differing


def _config(recipe: Recipe) -> dict[str, Any]:
    config: dict[str, Any] = {"model_type": recipe.model_type}
    for place, part in recipe.parts.items():
        config[place.removesuffix("_tokenizer")] = {"model_type": part.model_type}
    return config


def _ids(tokenizer: Any) -> list[int]:
    try:
        return list(tokenizer(_TEXT)["input_ids"])
    except (ValueError, TypeError):
        # Tokenizers of documents take words, and those with boxes.
        words = _TEXT.split()
        return list(tokenizer(words, boxes=[[0, 0, 1, 1]] * len(words))["input_ids"])
