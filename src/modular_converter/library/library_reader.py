"""Modules of a library that are imported but no parents: read as far as they are there."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from modular_converter.library.modular_file import absolute_name
from modular_converter.library.sources import Sources

# Names that come with these are not in the text of the package that supplies them.
_COLLECTS = re.compile(r"import \*|define_import_structure")


@dataclass(frozen=True)
class LibraryReader:
    """The modules under ``roots``; a sandbox may hold few of them."""

    sources: Sources
    roots: Sequence[str]
    # Where modules are, by their dotted names.
    _paths: dict[str, str | None] = field(default_factory=dict, compare=False)

    def text(self, package: str, level: int, module: str) -> str | None:
        """The text of a module as a file of ``package`` imports it; None if it is not there."""
        path = self.path(absolute(package, level, module))
        return self.sources.text(path) if path else None

    def path(self, dotted: str) -> str | None:
        """The file of a module or package; None if it is not there.

        It is looked for once: nothing changes while a model is converted.
        """
        if dotted not in self._paths:
            self._paths[dotted] = self._find(dotted)
        return self._paths[dotted]

    def _find(self, dotted: str) -> str | None:
        relative = dotted.replace(".", os.sep)
        if not relative:
            return None
        for root in self.roots:
            for ending in (f"{relative}.py", os.path.join(relative, "__init__.py")):
                if self.sources.is_readable(path := os.path.join(root, ending)):
                    return path
        return None

    def package_of(self, dotted: str) -> str:
        """The package that a module's relative imports begin at."""
        is_package = (self.path(dotted) or "").endswith(f"{os.sep}__init__.py")
        return dotted if is_package else dotted.rpartition(".")[0]

    def lacks(self, package: str, level: int, module: str, name: str) -> bool:
        """Whether a module is there and cannot define a name: its text does not contain it."""
        text = self.text(package, level, module)
        if text is None or mentions(text, name) or _COLLECTS.search(text):
            return False
        submodule = f"{module}.{name}" if module else name
        return self.text(package, level, submodule) is None

    def is_missing(self, package: str, level: int, module: str) -> bool:
        """Whether a module is not there, though the package that should hold it is there whole."""
        if self.text(package, level, module) is not None or not module:
            return False
        dotted = absolute(package, level, module)
        whole = self.path(f"{dotted.partition('.')[0]}.modeling_utils")
        directory = dotted.replace(".", os.sep)
        return whole is not None and not any(
            os.path.isdir(os.path.join(root, directory)) for root in self.roots
        )


def absolute(package: str, level: int, module: str) -> str:
    """The dotted name of an imported module; empty if it goes above the root."""
    return (absolute_name(package, level, module) or "") if level else module


@lru_cache(maxsize=4096)
def mentions(text: str, name: str) -> bool:
    """Whether a text contains a name as a word."""
    start = text.find(name)
    while start >= 0:
        end = start + len(name)
        if not (_continues(text[start - 1 : start]) or _continues(text[end : end + 1])):
            return True
        start = text.find(name, start + 1)
    return False


def _continues(character: str) -> bool:
    """Whether a character, or none, is part of a word."""
    return character.isalnum() or character == "_"
