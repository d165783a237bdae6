"""What a fork of this process imported, for the forks after it.

Forks that import from different directories share no modules, but most of their files are equal.
"""

from __future__ import annotations

import hashlib
import importlib
import marshal
import os
import sys
from collections.abc import Callable, Collection
from importlib.machinery import (
    BYTECODE_SUFFIXES,
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    SourceFileLoader,
    SourcelessFileLoader,
)
from pathlib import Path
from types import CodeType
from typing import Any


class LearnedImports:
    """Compiled code by the content of its file, and names of modules that lie elsewhere."""

    def __init__(self) -> None:
        self._code_of: dict[bytes, CodeType] = {}
        self._modules: set[str] = set()

    def record(self, action: Callable[[], int], directory: Path, notes: Path) -> int:
        """Runs ``action`` in a fork; what it imports is written to ``notes``.

        Files below ``directory`` are compiled only if none of this content has been.
        """
        root = os.path.realpath(directory)
        code_before, modules_before = set(self._code_of), set(sys.modules)
        self._compile_below(root)
        # Nothing reads bytecode beside sources that are gone with the run.
        sys.dont_write_bytecode = True
        result = action()
        code = {key: self._code_of[key] for key in self._code_of.keys() - code_before}
        modules = [
            name for name in sys.modules.keys() - modules_before if not _is_below(root, name)
        ]
        notes.write_bytes(marshal.dumps((code, sorted(modules))))
        return result

    def learn(self, notes: Path, owned: Collection[str]) -> None:
        """Reads what a fork has noted, and imports its modules for the forks to come.

        :param notes: no file if the fork failed.
        :param owned: packages that a fork may have in place of the installed ones.
        """
        if not notes.exists():
            return
        code, modules = marshal.loads(notes.read_bytes())
        notes.unlink()
        self._code_of.update(code)
        for name in modules:
            if name not in self._modules and name.partition(".")[0] not in owned:
                import_if_possible(name)
        self._modules.update(modules)

    def _compile_below(self, root: str) -> None:
        code_of = self._code_of

        class Loader(SourceFileLoader):
            def source_to_code(  # type: ignore[override]
                self, data: bytes, path: str, *, _optimization: int = -1
            ) -> CodeType:
                key = hashlib.sha256(data).digest()
                if key not in code_of:
                    compiled: Any = super().source_to_code(data, path)
                    code_of[key] = compiled
                return _placed(code_of[key], path)

        def find(path: str) -> FileFinder:
            if not os.path.realpath(path).startswith(root):
                raise ImportError(path=path)
            return FileFinder(
                path,
                (ExtensionFileLoader, EXTENSION_SUFFIXES),
                (Loader, SOURCE_SUFFIXES),
                (SourcelessFileLoader, BYTECODE_SUFFIXES),
            )

        sys.path_hooks.insert(0, find)
        sys.path_importer_cache.clear()


def import_if_possible(name: str) -> None:
    """Imports a module; whoever needs it says what is wrong with it."""
    try:
        importlib.import_module(name)
    except Exception:  # noqa: BLE001 - packages raise what they like
        return


def _placed(code: CodeType, path: str) -> CodeType:
    """Code as of a file of the same content."""
    if code.co_filename == path:
        return code
    constants = tuple(
        _placed(constant, path) if isinstance(constant, CodeType) else constant
        for constant in code.co_consts
    )
    return code.replace(co_filename=path, co_consts=constants)


def _is_below(root: str, name: str) -> bool:
    """Whether a module lies below a directory, or nobody knows where."""
    spec = getattr(sys.modules[name], "__spec__", None)
    if spec is None or spec.name != name:
        return True
    places = [spec.origin, *(spec.submodule_search_locations or ())]
    return any(os.path.realpath(place).startswith(root) for place in places if place)
