"""Chat templates that an installed package carries, such as TRL's of many families."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

from tiny_models.core.errors import MissingRequirement
from toolkit.errors import InputError
from toolkit.suggestions import did_you_mean

PREFIX = "from:"
_SUFFIX = ".jinja"
# Variants that a trainer puts in place of the family's own.
_CHANGED = "_training"
# What stands for one token wherever templates of this field write it.
_MARKER = re.compile(r"<\|[\w.:/-]+\|>|<｜[^｜<>]+｜>|\[/?[A-Z_]{3,}\]|<(?:start|end)_of_\w+>")
_PLAIN = ("think", "tool_call", "tool_response")


@dataclass(frozen=True)
class PackagedTemplate:
    """A template's text, and the tokens in it: special ones, and those that a reader should see."""

    text: str
    markers: tuple[str, ...]
    plain_tokens: tuple[str, ...]


def packaged_template(reference: str, model_type: str) -> PackagedTemplate:
    """The template that ``from:PACKAGE`` or ``from:PACKAGE/NAME`` stands for.

    Without a name it is the one of the model type's family. Raises InputError if the package has
    none for it, MissingRequirement if it is not installed.
    """
    package, _, name = reference.removeprefix(PREFIX).partition("/")
    known = _templates_of(package)
    if not name:
        name = _of_family(model_type, known) or ""
        if not name:
            raise InputError(
                f"{package} has no chat template for {model_type}",
                hint=f"leave `chat_template` out, or name one of its {len(known)}, as in "
                f'`chat_template="{PREFIX}{package}/{min(known)}"`',
            )
    if name not in known:
        raise InputError(
            f"{package} has no chat template `{name}`", hint=did_you_mean(name, sorted(known))
        )
    text = known[name].read_text(encoding="utf-8")
    plain = [token for word in _PLAIN for token in (f"<{word}>", f"</{word}>") if token in text]
    return PackagedTemplate(text, tuple(dict.fromkeys(_MARKER.findall(text))), tuple(plain))


def _templates_of(package: str) -> Mapping[str, Path]:
    """The templates of a package by their names. Raises InputError if it has none."""
    try:
        listed = files(package) or ()
    except (PackageNotFoundError, ValueError):
        raise MissingRequirement(f'`chat_template="{PREFIX}{package}"`', (package,)) from None
    paths = {
        path.name.removesuffix(_SUFFIX): Path(str(path.locate()))
        for path in listed
        if path.name.endswith(_SUFFIX) and not path.name.endswith(f"{_CHANGED}{_SUFFIX}")
    }
    if not paths:
        raise InputError(
            f"{package} has no chat templates",
            hint="name a package with files that end in `.jinja`, such as `trl`",
        )
    return paths


def _of_family(model_type: str, names: Collection[str]) -> str | None:
    """The name that is the model type's, or that of the type without its last words.

    Of several that only begin so, it is one with the words that were left away (`qwen2_vl` is
    `qwen2_5_vl`), and of these the shortest.
    """
    words = model_type.lower().replace("-", "_").split("_")
    plain = {name: _joined(name) for name in names}
    for length in range(len(words), 0, -1):
        stem, left = "".join(words[:length]), set(words[length:])
        alike = [name for name in names if plain[name].startswith(stem)]
        exact = [name for name in alike if plain[name] == stem]
        if exact or alike:
            return min(
                exact or alike,
                key=lambda name: (-len(left & set(name.split("_"))), len(name), name),
            )
    # A later version that is written as the first: `gemma2`, but not `llama4`.
    first = words[0].rstrip("0123456789")
    return next((name for name in names if plain[name] == first), None)


def _joined(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")
