"""What a fork of this process imported, for the forks after it.

Forks that import from different directories share no modules, but most of their files are equal.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import sys
import warnings
from collections.abc import Callable, Collection
from contextlib import suppress
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


class LearnedImports:
    """Compiled code by the content of its file, and names of modules that lie elsewhere."""

    def __init__(self) -> None:
        self._code_of: dict[bytes, CodeType] = {}
        self._modules: set[str] = set()

    def record(self, action: Callable[[], int], directory: Path, notes: Path | None) -> int:
        """Runs ``action`` in a fork; what it imports is written to ``notes``, if they are wanted.

        Files below ``directory`` are compiled only if none of this content has been.
        """
        root = os.path.realpath(directory)
        before = set(sys.modules)
        compiled = self._compile_below(root)
        # Nothing reads bytecode beside sources that are gone with the run.
        sys.dont_write_bytecode = True
        result = action()
        if notes is None:
            return result
        modules = [name for name in sys.modules.keys() - before if not _is_below(root, name)]
        notes.write_text(json.dumps({"compiled": compiled, "modules": sorted(modules)}))
        return result

    def learn(self, notes: Path, owned: Collection[str]) -> None:
        """Compiles and imports, for the forks to come, what a fork has noted.

        Only packages of which this process has imported something are imported further: others may
        change what they find, which concerns the fork that wants them.

        :param notes: no file if the fork failed.
        :param owned: packages that a fork may have in place of the installed ones.
        """
        if not notes.exists():
            return
        noted = json.loads(notes.read_text())
        notes.unlink()
        for path in noted["compiled"]:
            self._compile(Path(path))
        known = {*sys.modules, *sys.stdlib_module_names} - set(owned)
        for name in noted["modules"]:
            if name not in self._modules and name.partition(".")[0] in known:
                import_if_possible(name)
        self._modules.update(noted["modules"])

    def _compile(self, path: Path) -> None:
        with warnings.catch_warnings():
            # Each fork warns of its files itself.
            warnings.simplefilter("error")
            with suppress(OSError, SyntaxError, ValueError):
                source = path.read_bytes()
                self._code_of[_key(source)] = compile(source, path, "exec", dont_inherit=True)

    def _compile_below(self, root: str) -> list[str]:
        """Has modules below a directory compiled by this; the files that are, as time goes on."""
        code_of = self._code_of
        compiled: list[str] = []

        class Loader(SourceFileLoader):
            def source_to_code(  # type: ignore[override]
                self, data: bytes, path: str, *, _optimization: int = -1
            ) -> CodeType:
                known = code_of.get(_key(data))
                if known is not None:
                    return _placed(known, path)
                compiled.append(path)
                code: CodeType = super().source_to_code(data, path)
                return code

        def find(path: str) -> FileFinder:
            if not _is_in(root, path):
                raise ImportError(path=path)
            return FileFinder(
                path,
                (ExtensionFileLoader, EXTENSION_SUFFIXES),
                (Loader, SOURCE_SUFFIXES),
                (SourcelessFileLoader, BYTECODE_SUFFIXES),
            )

        sys.path_hooks.insert(0, find)
        sys.path_importer_cache.clear()
        return compiled


def _key(source: bytes) -> bytes:
    return hashlib.sha256(source).digest()


def import_if_possible(name: str) -> None:
    """Imports a module, unless something is wrong with it."""
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
    return any(_is_in(root, place) for place in places if place)


def _is_in(root: str, path: str) -> bool:
    return f"{os.path.realpath(path)}{os.sep}".startswith(f"{root}{os.sep}")
