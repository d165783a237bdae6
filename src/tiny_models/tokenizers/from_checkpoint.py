"""A fixture's tokenizer from an existing one: its vocabulary shrunk, its files rewritten."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tiny_models.repository.checkpoint_files import files_named, parsed
from tiny_models.tokenizers.class_pipeline import class_named
from tiny_models.tokenizers.quirks import CLASS_ENTRIES, Entry
from tiny_models.tokenizers.recipes import Recipe
from tiny_models.tokenizers.sentencepiece_file import shrunk_model
from tiny_models.tokenizers.shrink import shrink, shrink_lines, shrink_merges
from tiny_models.tokenizers.write import forget_loading, move_files, settle, vocabulary_of
from tiny_models.vocabulary.vocabulary import Vocabulary
from toolkit import os_errors
from toolkit.errors import InputError
from toolkit.scratch_directory import scratch_directory

# Beside what a class calls its vocabulary.
_NAMES = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "config.json",
    "*.model",
    "chat_template.jinja",
    "additional_chat_templates/*.jinja",
)
_SETTINGS = ("tokenizer_config.json", "special_tokens_map.json")
# Of several scripts, and what code is made of.
_CORPUS = (
    "hello world",
    "The quick brown fox, and the lazy dog.",
    "for x in range(10): total += x ** 2",
    "Grüße, señor, ça va?",
    "Привет, мир",
    "数据和模型",
    "🙂",
)


def write_shrunk(
    recipe: Recipe, checkpoint: Path, directory: Path, chat_template: str | bool | None = None
) -> Vocabulary:
    """Writes the shrunk tokenizer of a checkpoint; raises ToolError.

    ``recipe`` says how many pieces to keep, and which tokens the model's config and processor
    need: those that the checkpoint lacks are added. ``chat_template`` is a text, False for none,
    None for the checkpoint's own.
    """
    if recipe.parts:
        made = [
            write_shrunk(part, checkpoint / place, directory / place, chat_template)
            for place, part in recipe.parts.items()
        ]
        return Vocabulary(max(part.size for part in made), made[-1].special_ids)
    own = _vocabulary_names(class_named(recipe.tokenizer_class))
    files = files_named(checkpoint, (*_NAMES, *own))
    if own:
        _check_type(recipe, files, checkpoint)
    directory.mkdir(parents=True, exist_ok=True)
    with scratch_directory(".tokenizer-", directory.parent) as scratch:
        source = _copied(files, recipe, scratch / "original")
        tokenizer = _load(source, checkpoint)
        _require_its_own_reading(tokenizer, source, recipe, checkpoint)
        serialized = _serialized(tokenizer, scratch)
        small = scratch / "shrunk"
        if serialized is not None:
            tokenizer.save_pretrained(small)
            wanted = [*_texts(tokenizer), *recipe.named_tokens.values()]
            content = shrink(serialized, recipe.size, wanted)
            _write_json(small / "tokenizer.json", content)
            ids = {token["content"]: token["id"] for token in content["added_tokens"]}
            _renumber_settings(small, ids)
        else:
            _shrink_files(tokenizer, source, small, recipe.size)
        shrunk = type(tokenizer).from_pretrained(small)
        if recipe.named_tokens:
            _complete(shrunk, recipe)
        if chat_template is not None:
            shrunk.chat_template = chat_template or None
        vocabulary = vocabulary_of(recipe, shrunk)
        keep = CLASS_ENTRIES.get(recipe.tokenizer_class, Entry("")).keep_files
        saved = settle(shrunk, scratch, keep=keep)
        forget_loading(saved)
        move_files(saved, directory)
    return vocabulary


def _check_type(recipe: Recipe, files: Mapping[str, bytes], checkpoint: Path) -> None:
    if not any(name for name in files if name not in (*_SETTINGS, "config.json")):
        raise InputError(
            f"{checkpoint}: no tokenizer found",
            hint="expected tokenizer.json, a sentencepiece .model, or vocab.json or vocab.txt",
        )
    if "config.json" in files:
        model_type = parsed(checkpoint / "config.json", files["config.json"]).get("model_type")
        if model_type not in (None, recipe.model_type):
            raise InputError(
                f"{checkpoint}: a checkpoint of {model_type}, expected one of {recipe.model_type}"
            )


def _copied(files: Mapping[str, bytes], recipe: Recipe, directory: Path) -> Path:
    for name, content in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    _write_json(directory / "config.json", {"model_type": recipe.model_type})
    return directory


def _load(source: Path, checkpoint: Path) -> Any:
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(source, trust_remote_code=False, local_files_only=True)
    except Exception as problem:  # noqa: BLE001 - parsers may raise anything
        os_errors.raise_lack(problem)
        # The library raises whatever its parsers do, for files that are not a tokenizer's.
        reason = str(problem).strip().splitlines() or [type(problem).__name__]
        raise InputError(f"{checkpoint}: no tokenizer that can be loaded: {reason[0]}") from None


def _require_its_own_reading(
    tokenizer: Any, source: Path, recipe: Recipe, checkpoint: Path
) -> None:
    """Raises InputError if the class that is loaded for a type loses texts that the file keeps.

    The library takes the class from the model type, and some classes put their own steps in place
    of those in `tokenizer.json`. How many spaces there are is not compared: classes differ there.
    """
    path = source / "tokenizer.json"
    if not tokenizer.is_fast or not path.is_file():
        return
    from tokenizers import Tokenizer

    file = Tokenizer.from_file(str(path))
    for text in _CORPUS:
        expected = file.encode(text, add_special_tokens=False).ids
        ids = tokenizer.encode(text, add_special_tokens=False)
        loaded = tokenizer.decode(ids)
        whole = file.decode(expected).split() == text.split()
        if whole and loaded.split() != text.split():
            raise InputError(
                f"{checkpoint}: {type(tokenizer).__name__}, which is loaded for"
                f" {recipe.model_type}, reads {text!r} as {loaded!r}, unlike tokenizer.json",
                hint="take the tokenizer of a checkpoint of this model type",
            )


def _serialized(tokenizer: Any, scratch: Path) -> dict[str, Any] | None:
    """The `tokenizer.json` that the class writes, if it runs on the `tokenizers` library."""
    if not tokenizer.is_fast:
        return None
    whole = scratch / "whole"
    tokenizer.save_pretrained(whole)
    serialized: dict[str, Any] = json.loads((whole / "tokenizer.json").read_bytes())
    return serialized


def _texts(tokenizer: Any) -> list[str]:
    return [str(token) for token in tokenizer.special_tokens_map.values() if token]


def _renumber_settings(directory: Path, ids: Mapping[str, int]) -> None:
    path = directory / "tokenizer_config.json"
    settings = json.loads(path.read_bytes())
    decoder = settings.get("added_tokens_decoder")
    if decoder is not None:
        settings["added_tokens_decoder"] = {
            str(ids[token["content"]]): token
            for token in decoder.values()
            if token["content"] in ids
        }
    extra = settings.get("extra_special_tokens")
    if isinstance(extra, list):
        settings["extra_special_tokens"] = [token for token in extra if str(token) in ids]
    _write_json(path, settings)


def _shrink_files(tokenizer: Any, source: Path, small: Path, size: int) -> None:
    """Shrinks the vocabulary of a class that is written in Python, where its files allow it."""
    names = [name for name in _vocabulary_names(type(tokenizer)) if (source / name).is_file()]
    if not names or len(tokenizer) <= size + len(tokenizer.all_special_tokens):
        shutil.copytree(source, small)
        return
    small.mkdir()
    # The ids of added tokens follow the vocabulary, and are found again from their texts.
    for name in _SETTINGS:
        if (source / name).is_file():
            settings = json.loads((source / name).read_bytes())
            settings.pop("added_tokens_decoder", None)
            _write_json(small / name, settings)
    contents = {name: (source / name).read_bytes() for name in names}
    special = [str(token) for token in tokenizer.all_special_tokens]
    for name, content in _shrunk_files(type(tokenizer).__name__, contents, size, special).items():
        (small / name).write_bytes(content)


def _shrunk_files(
    class_name: str, contents: Mapping[str, bytes], size: int, special: Sequence[str]
) -> dict[str, bytes]:
    names = sorted(contents)
    if len(names) == 1 and names[0].endswith(".model"):
        return {names[0]: shrunk_model(contents[names[0]], size)}
    if len(names) == 1 and names[0].endswith((".txt", ".tokenizer")):
        lines = shrink_lines(contents[names[0]].decode().splitlines(), size, special)
        return {names[0]: "".join(f"{line}\n" for line in lines).encode()}
    if names == ["merges.txt", "vocab.json"] and b"</w>" in contents["vocab.json"]:
        vocabulary, merges = shrink_merges(
            parsed("vocab.json", contents["vocab.json"]),
            [line for line in contents["merges.txt"].decode().split("\n") if line],
            size,
            special,
        )
        return {
            "vocab.json": json.dumps(vocabulary, ensure_ascii=False).encode(),
            "merges.txt": "".join(f"{line}\n" for line in merges).encode(),
        }
    raise InputError(
        f"the files of {class_name} cannot be shrunk: {', '.join(names)}",
        hint="leave from_checkpoint out: its tokenizer is then made from scratch",
    )


def _vocabulary_names(tokenizer_class: Any) -> list[str]:
    names = getattr(tokenizer_class, "vocab_files_names", {}).values()
    return [name for name in names if name not in _NAMES]


def _complete(tokenizer: Any, recipe: Recipe) -> None:
    """Adds the tokens that config and processor need and the checkpoint does not have."""
    known = tokenizer.get_vocab()
    missing = {
        name: text
        for name, text in recipe.named_tokens.items()
        if text not in known and getattr(tokenizer, name, None) is None
    }
    if missing:
        tokenizer.add_tokens(list(dict.fromkeys(missing.values())), special_tokens=True)


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
