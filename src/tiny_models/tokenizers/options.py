"""What may be asked of a tokenizer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from tiny_models.core.errors import unknown
from toolkit.errors import InputError

FAMILIES = (
    "byte_level_bpe",
    "bpe_byte_fallback",
    "unigram",
    "wordpiece",
    "character",
    "word_level",
)
SMALLEST, LARGEST, DEFAULT_SIZE = 300, 100_000, 640


@dataclass(frozen=True)
class TokenizerOptions:
    """Choices that a fixture makes; the default of each is what its model type is known for.

    ``vocabulary_size`` is an upper bound for the pieces, special tokens not counted; a vocabulary
    that needs more for its alphabet has more. ``chat_template`` is a template's text, `from:` and
    the package that has the family's, or False for none. ``from_checkpoint`` is a directory whose
    tokenizer is shrunk instead.
    """

    family: str | None = None
    vocabulary_size: int = DEFAULT_SIZE
    chat_template: str | bool | None = None
    from_checkpoint: Path | None = None

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> TokenizerOptions:
        """The options of a request. Raises InputError for a wrong name, type or value."""
        names = [field.name for field in fields(cls)]
        for name in values:
            if name not in names:
                raise unknown("tokenizer option", name, names)
        given = {name: value for name, value in values.items() if value is not None}
        if "from_checkpoint" in given:
            given["from_checkpoint"] = Path(_checked(given, "from_checkpoint", (str, Path)))
        family = given.get("family")
        if family is not None and _checked(given, "family", str) not in FAMILIES:
            raise unknown("tokenizer family", family, FAMILIES)
        size = given.get("vocabulary_size", DEFAULT_SIZE)
        if isinstance(size, bool) or not isinstance(size, int) or not SMALLEST <= size <= LARGEST:
            raise InputError(
                f"vocabulary_size must be an integer from {SMALLEST} to {LARGEST}, found {size!r}"
            )
        template = given.get("chat_template")
        if template is True:
            del given["chat_template"]
        elif template is not None:
            _checked(given, "chat_template", (str, bool))
        return cls(**given)


def _checked(values: Mapping[str, Any], name: str, types: type | tuple[type, ...]) -> Any:
    value = values[name]
    if not isinstance(value, types):
        raise InputError(f"tokenizer option {name} has the wrong type: {value!r}")
    return value
