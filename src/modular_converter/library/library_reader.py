"""Modules of a library that are imported but no parents: read as far as they are there."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
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

    def text(self, package: str, level: int, module: str) -> str | None:
        """The text of a module as a file of ``package`` imports it; None if it is not there."""
        dotted = absolute_name(package, level, module) if level else module
        if not dotted:
            return None
        relative = dotted.replace(".", os.sep)
        for root in self.roots:
            for path in (f"{relative}.py", os.path.join(relative, "__init__.py")):
                if self.sources.is_readable(found := os.path.join(root, path)):
                    return self.sources.text(found)
        return None

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
        dotted = absolute_name(package, level, module) if level else module
        top = (dotted or "").partition(".")[0]
        whole = self.text("", 0, f"{top}.modeling_utils")
        directory = (dotted or "").replace(".", os.sep)
        return whole is not None and not any(
            os.path.isdir(os.path.join(root, directory)) for root in self.roots
        )


@lru_cache(maxsize=4096)
def mentions(text: str, name: str) -> bool:
    """Whether a text contains a name as a word."""
    return name in text and re.search(rf"\b{re.escape(name)}\b", text) is not None
