"""Words of a parent model that keep their spelling because something outside names them."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from modular_converter.conventions.file_types import FILE_TYPES, module_name
from modular_converter.conventions.profiles import Profile
from modular_converter.library.sources import Sources

_MARK = "use_kernel_func_from_hub_with_fallback"
_DECORATED = re.compile(
    rf"^@{_MARK}\((?P<arguments>[^)]*)\)\s*\n(?:@[^\n]*\n)*(?:async )?def (?P<name>\w+)",
    re.MULTILINE,
)
GENERATED = "This file was automatically generated from "
# Of a text that begins with a line end, where a search is quick.
_IMPORTED = re.compile(r"\n[ \t]*(?:from|import)[ \t]+(\w+)")
_ARGUMENT = re.compile(r"""["']([^"'\n]*)["']""")


@dataclass(frozen=True)
class _NamedOutside:
    """What a text says about names outside: functions that a kernel hub supplies, and packages."""

    is_generated: bool
    supplied: frozenset[str]
    packages: frozenset[str]


def _named_outside(text: str) -> _NamedOutside:
    supplied: set[str] = set()
    if _MARK in text:
        for match in _DECORATED.finditer(text):
            supplied.update((match["name"], *_ARGUMENT.findall(match["arguments"])))
    packages = frozenset(_IMPORTED.findall(f"\n{text}"))
    return _NamedOutside(GENERATED in text[:2000], frozenset(supplied), packages)


def protected_words(path: str, old_name: str, sources: Sources, profile: Profile) -> frozenset[str]:
    """Names of functions that a kernel hub supplies, and of packages called like the model.

    They are looked for in all files of the parent's model, since its configuration speaks of
    what its modeling file imports. Generated siblings do not count: whether one is there yet
    must not decide.
    """
    if not profile.protects_kernel_names:
        return frozenset()
    directory = os.path.dirname(path)
    model = os.path.basename(directory)
    supplied: set[str] = set()
    packages: set[str] = set()
    for file_type in FILE_TYPES:
        sibling = os.path.join(directory, f"{module_name(file_type, model)}.py")
        if sibling != path and (sibling in sources.promised or not sources.exists(sibling)):
            continue
        outside = sources.facts(sibling, _named_outside)
        if sibling != path and outside.is_generated:
            continue
        supplied |= outside.supplied
        packages |= outside.packages
    beginning = old_name.lower()
    return frozenset(word for word in supplied if old_name in word) | frozenset(
        word for word in packages if word.lower().startswith(beginning) and old_name in word
    )
