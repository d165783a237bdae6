"""Carrying a recipe out: the tokenizer's files, in the form that saving them again keeps."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tiny_models.core.errors import MissingRequirement, NotBuilt
from tiny_models.repository.auto_registration import is_own
from tiny_models.repository.contents import SETTINGS, without_loading
from tiny_models.tokenizers.class_files import files_of
from tiny_models.tokenizers.class_pipeline import ClassPipeline, class_named, pipeline_of
from tiny_models.tokenizers.families import backend
from tiny_models.tokenizers.pieces import listed_pieces, merge_pieces, scored_pieces
from tiny_models.tokenizers.processor_tokens import STANDARD
from tiny_models.tokenizers.quirks import CLASS_ENTRIES, Entry
from tiny_models.tokenizers.recipes import GENERAL_CLASS, Recipe
from tiny_models.vocabulary.vocabulary import Vocabulary
from toolkit import os_errors
from toolkit.errors import ToolError
from toolkit.scratch_directory import scratch_directory

# A class completes its settings when it saves for the first time; some need another round.
_ROUNDS = 4
_HINT = (
    "it is made without a vocabulary and of a small one, saved, and loaded; set `from_checkpoint`,"
    " or `tokenizer='none'`"
)


def write(recipe: Recipe, directory: Path) -> Vocabulary:
    """Writes the tokenizer's files into a directory, which is made; raises ToolError.

    Files appear when all are complete. The same recipe gives the same bytes in every process,
    within one release of the libraries.
    """
    if recipe.parts:
        made = [write(part, directory / place) for place, part in recipe.parts.items()]
        # The last part writes, and its ids are those that the model is asked to produce.
        return Vocabulary(max(part.size for part in made), made[-1].special_ids)
    directory.mkdir(parents=True, exist_ok=True)
    with scratch_directory(".tokenizer-", directory.parent) as scratch:
        try:
            tokenizer = make(recipe, scratch)
            vocabulary = vocabulary_of(recipe, tokenizer)
            keep = CLASS_ENTRIES.get(recipe.tokenizer_class, Entry("")).keep_files
            saved = settle(tokenizer, scratch, keep=keep)
        except Exception as problem:
            # Whatever a class of a repository raises; one of the library has an entry for it.
            if isinstance(problem, ToolError) or not is_own(class_named(recipe.tokenizer_class)):
                raise
            os_errors.raise_lack(problem)
            raise NotBuilt(recipe.tokenizer_class, problem, _HINT) from None
        forget_loading(saved)
        move_files(saved, directory)
    return vocabulary


def make(recipe: Recipe, scratch: Path) -> Any:
    """The tokenizer of a recipe; files that its class reads are written into ``scratch``."""
    entry = CLASS_ENTRIES.get(recipe.tokenizer_class, Entry(""))
    settings: dict[str, Any] = {**recipe.settings}
    settings.update(
        (name, text) for name, text in recipe.special_tokens.items() if text is not None
    )
    if recipe.named_tokens:
        settings["model_specific_special_tokens"] = dict(recipe.named_tokens)
    try:
        if recipe.tokenizer_class == GENERAL_CLASS or _is_general(recipe.tokenizer_class):
            tokenizer = _general(recipe, settings)
        elif entry.files is not None:
            tokenizer = _from_files(recipe, entry, settings, scratch)
        else:
            tokenizer = _from_class(recipe, entry, settings)
    except ImportError:
        if entry.packages:
            raise MissingRequirement(recipe.tokenizer_class, entry.packages) from None
        raise
    _add(tokenizer, recipe)
    if recipe.chat_template is not None:
        tokenizer.chat_template = recipe.chat_template
    return tokenizer


def vocabulary_of(recipe: Recipe, tokenizer: Any) -> Vocabulary:
    """The size, and the id of each config field for which the tokenizer has a token."""
    known = tokenizer.get_vocab()
    ids = {}
    for name, token in recipe.config_fields.items():
        text: Any = token
        if token.endswith("_token"):
            text = getattr(tokenizer, token, None) or recipe.named_tokens.get(token)
        if text is not None and str(text) in known:
            ids[name] = known[str(text)]
    # A few classes number languages themselves, beyond what they count.
    numbers = [*known.values(), *getattr(tokenizer, "lang_token_to_id", {}).values()]
    size = max(len(tokenizer), max(numbers, default=-1) + 1)
    return Vocabulary(size=size, special_ids=dict(sorted(ids.items())))


def settle(tokenizer: Any, scratch: Path, *, keep: bool) -> Path:
    """Saves and loads until saving changes nothing; returns the directory with the files.

    ``keep``: the class damages its vocabulary when it saves one that it has loaded, so that only
    the settings are taken from later rounds.
    """
    previous = scratch / "round0"
    tokenizer.save_pretrained(previous)
    if keep:
        _keep_vocabulary(tokenizer, previous)
    for number in range(1, _ROUNDS):
        following = scratch / f"round{number}"
        reloaded = type(tokenizer).from_pretrained(previous)
        reloaded.save_pretrained(following)
        if keep:
            _keep_vocabulary(tokenizer, following)
        if _contents(previous) == _contents(following):
            return following
        previous = following
    return previous


def move_files(source: Path, directory: Path) -> None:
    """Moves all files of a directory, sub-directories included, each at once into its place."""
    for path in sorted(source.rglob("*")):
        if path.is_file():
            target = directory / path.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(path, target)


def forget_loading(directory: Path) -> None:
    """Drops from the settings how they were loaded, which depends on the environment."""
    for path in directory.rglob(SETTINGS):
        path.write_bytes(without_loading(path.read_bytes()))


def _keep_vocabulary(tokenizer: Any, directory: Path) -> None:
    for parameter, name in tokenizer.vocab_files_names.items():
        own = getattr(tokenizer, parameter, None)
        if own is not None:
            (directory / name).write_bytes(Path(own).read_bytes())


def _contents(directory: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file()
    }


def _is_general(name: str) -> bool:
    """Whether a class adds nothing to the general one but how it decodes."""
    general = class_named(GENERAL_CLASS)
    tokenizer_class = class_named(name)
    return (
        isinstance(tokenizer_class, type)
        and issubclass(tokenizer_class, general)
        and "__init__" not in vars(tokenizer_class)
        and getattr(tokenizer_class, "model", None) is None
    )


def _general(recipe: Recipe, settings: dict[str, Any]) -> Any:
    texts = {name: text for name, text in recipe.special_tokens.items() if text is not None}
    first = _first_tokens(texts, [*recipe.first_tokens, *texts.values()], recipe.preferred_ids)
    family = recipe.family or "byte_level_bpe"
    tokenizer = backend(family, first, texts.get("unk_token"), recipe.size)
    tokenizer.post_processor = _affixes(family, texts, first)
    return class_named(recipe.tokenizer_class)(tokenizer_object=tokenizer, **settings)


def _affixes(family: str, texts: Mapping[str, str], first: list[str]) -> Any:
    """What the family puts around a text: its start and end tokens."""
    from tokenizers import processors

    start, end = texts.get("cls_token"), texts.get("sep_token")
    if start is None and family in ("unigram", "bpe_byte_fallback"):
        start = texts.get("bos_token")
        end = texts.get("eos_token") if family == "unigram" else None
    around = " ".join(part for part in (start, "$A", end) if part)
    second = " ".join(part for part in ("$B", end) if part)
    tokens = [(token, first.index(token)) for token in (start, end) if token]
    return processors.TemplateProcessing(
        single=around, pair=f"{around} {second}", special_tokens=tokens
    )


def _from_files(recipe: Recipe, entry: Entry, settings: dict[str, Any], scratch: Path) -> Any:
    tokenizer_class = class_named(recipe.tokenizer_class)
    texts = {**_default_tokens(tokenizer_class), **_texts(settings)}
    vocabulary = scratch / "vocabulary"
    vocabulary.mkdir()
    parameters = {}
    for parameter, content in files_of(entry.files or "none", texts, recipe.size).items():
        path = vocabulary / tokenizer_class.vocab_files_names[parameter]
        path.write_bytes(content)
        parameters[parameter] = str(path)
    return tokenizer_class(**parameters, **settings)


def _from_class(recipe: Recipe, entry: Entry, settings: dict[str, Any]) -> Any:
    tokenizer_class = class_named(recipe.tokenizer_class)
    if entry.own_vocabulary:
        return tokenizer_class(**settings)
    if entry.first_pieces:
        bare = tokenizer_class(vocab=_initial(tokenizer_class, entry.first_pieces), **settings)
    else:
        bare = tokenizer_class(**settings)
    if entry.family is None:
        pipeline = pipeline_of(bare)
    else:
        pipeline = ClassPipeline(entry.family, *_notation(entry))
    texts = {name: str(getattr(bare, name)) for name in STANDARD if getattr(bare, name) is not None}
    small = [texts[name] for name in recipe.preferred_ids if name in texts]
    first = _first_tokens(texts, [*pipeline.first_pieces, *small], recipe.preferred_ids)
    return tokenizer_class(**_vocabulary_arguments(pipeline, first, recipe.size), **settings)


def _notation(entry: Entry) -> tuple[Any, dict[str, float]]:
    from tiny_models.tokenizers.pieces import Notation

    return Notation(continuation="##"), dict.fromkeys(entry.first_pieces, 0.0)


def _initial(tokenizer_class: Any, pieces: Iterable[str]) -> Any:
    model = getattr(tokenizer_class, "model", None)
    if model is not None and model.__name__ == "Unigram":
        return [(piece, 0.0) for piece in pieces]
    return {piece: number for number, piece in enumerate(pieces)}


def _vocabulary_arguments(pipeline: ClassPipeline, first: list[str], size: int) -> dict[str, Any]:
    if pipeline.family == "unigram":
        scores = {piece: pipeline.first_pieces.get(piece, 0.0) for piece in first}
        for piece, score in scored_pieces(pipeline.notation, size):
            scores.setdefault(piece, score)
        return {"vocab": list(scores.items())}
    if pipeline.family == "wordpiece":
        return {"vocab": _numbered([*first, *listed_pieces(pipeline.notation, size)])}
    made = merge_pieces(pipeline.notation, size)
    return {"vocab": _numbered([*first, *made.pieces]), "merges": list(made.merges)}


def _numbered(pieces: Iterable[str]) -> dict[str, int]:
    return {piece: number for number, piece in enumerate(dict.fromkeys(pieces))}


def _first_tokens(
    texts: Mapping[str, str], tokens: Iterable[str], preferred_ids: Mapping[str, int]
) -> list[str]:
    """The tokens, those with a preferred id at its place, as far as the number of tokens allows."""
    waiting = list(dict.fromkeys(tokens))
    places: dict[int, str] = {}
    for attribute, place in preferred_ids.items():
        token = texts.get(attribute)
        free = place < len(waiting) and place not in places and token not in places.values()
        if token in waiting and free:
            places[place] = token
    rest = iter([token for token in waiting if token not in places.values()])
    return [places[place] if place in places else next(rest) for place in range(len(waiting))]


def _default_tokens(tokenizer_class: Any) -> dict[str, str]:
    """The special tokens that a class has by default, by attribute."""
    import inspect

    return _texts(
        {
            name: parameter.default
            for name, parameter in inspect.signature(tokenizer_class.__init__).parameters.items()
        }
    )


def _texts(settings: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: value
        for name, value in settings.items()
        if name.endswith("_token") and isinstance(value, str)
    }


def _add(tokenizer: Any, recipe: Recipe) -> None:
    if tokenizer.pad_token is None:
        # Some classes have none by default, and a batch of texts needs one.
        tokenizer.add_special_tokens({"pad_token": "<pad>"})
    known = tokenizer.get_vocab()
    named = [text for text in recipe.named_tokens.values() if text not in known]
    if named:
        tokenizer.add_tokens(list(dict.fromkeys(named)), special_tokens=True)
    if recipe.extra_tokens:
        # Those of the class itself stay where they are.
        already = [str(token) for token in tokenizer.extra_special_tokens]
        new = [token for token in recipe.extra_tokens if token not in already]
        tokenizer.add_special_tokens(
            {"extra_special_tokens": new}, replace_extra_special_tokens=False
        )
    if recipe.plain_tokens:
        tokenizer.add_tokens(list(recipe.plain_tokens))
