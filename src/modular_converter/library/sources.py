"""Where sources are: reading files, finding parent modules, the name table and the version."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeVar

from modular_converter.diagnostics.record import error, refused
from modular_converter.library.index import FileIndex, build_index
from modular_converter.names.renamer import DISTRIBUTION
from modular_converter.names.table import NameTable, read_name_table
from modular_converter.syntax import source
from modular_converter.syntax.suppressions import take_comments
from toolkit.errors import InputError
from toolkit.input_file import LARGEST_TEXT, read_bytes
from toolkit.paths import shown

# Characters of files whose indexes are kept though nothing is known to need them. Most of them are
# read late and take little memory beside their text.
_SPARE = 2_000_000

# What may declare another encoding than UTF-8.
_DECLARATION = re.compile(rb"(?:[^\n]*\n)?[^\n]*coding")

T = TypeVar("T")


@dataclass(frozen=True)
class Visible:
    """Files by absolute path, and directories with all files below them."""

    files: frozenset[str]
    directories: tuple[str, ...] = ()

    def __contains__(self, path: str) -> bool:
        """Whether a file belongs to them."""
        return path in self.files or any(
            path.startswith(f"{directory}{os.sep}") for directory in self.directories
        )


@dataclass(eq=False)
class Sources:
    """Files by absolute path, with texts laid over the disk; each content is indexed once."""

    labels: dict[str, str] = field(default_factory=dict)
    overlay: dict[str, str | None] = field(default_factory=dict)
    # Files that count as existing because a conversion of the batch will produce them.
    promised: set[str] = field(default_factory=set)
    # Files whose definitions are read when they are asked for: others see to their syntax errors.
    read_late: set[str] = field(default_factory=set)
    # A restricted view, see `restricted`: what it reads on the disk, and who keeps that.
    _visible: Visible | None = None
    _shared: Sources | None = None
    _texts: dict[str, str] = field(default_factory=dict)
    # Whether there is a file to be seen at a path of the disk, looked at once.
    _files: dict[str, bool] = field(default_factory=dict)
    _indexes: dict[str, FileIndex] = field(default_factory=dict)
    # The characters in the texts of these.
    _indexed: int = 0
    # What `facts` found in a text.
    _facts: dict[tuple[str, Callable[[str], Any]], Any] = field(default_factory=dict)

    def restricted(self, visible: Visible) -> Sources:
        """A view with an overlay of its own, for which only some files of the disk exist.

        What it reads there is read and indexed once for all views.
        """
        return Sources(dict(self.labels), _visible=visible, _shared=self)

    def promise(self, paths: Iterable[str]) -> None:
        """Notes files that a conversion will produce, whose syntax the formatter checks."""
        self.promised.update(paths)
        self.read_late.update(paths)

    def leave_for_later(self, paths: Iterable[str]) -> None:
        """Has the definitions of files read when they are asked for."""
        (self._shared or self).read_late.update(paths)

    def read_at_once(self, paths: Iterable[str]) -> None:
        """Takes that back."""
        sources = self._shared or self
        for path in paths:
            sources.read_late.discard(path)
            sources._forget(path)

    def put(self, path: str, text: str) -> None:
        """Lays a text over a path."""
        self.overlay[path] = text
        self._change(path)

    def hide(self, path: str) -> None:
        """Makes a path look absent until a text is put there."""
        self.overlay[path] = None
        self._change(path)

    def _change(self, path: str) -> None:
        self._forget(path)
        for key in [key for key in self._facts if key[0] == path]:
            del self._facts[key]

    def _forget(self, path: str) -> None:
        self._texts.pop(path, None)
        index = self._indexes.pop(path, None)
        if index is not None:
            self._indexed -= len(index.source.text)

    def release(self, uses: Mapping[str, int]) -> None:
        """Drops the indexes, and with them the syntax trees, of files that have no more ``uses``.

        They are read again when they are asked for: a tree takes some 35 times the size of its
        text. Of files whose uses are not known, the last ones read stay: what most models inherit
        from is looked up again and again.
        """
        for path in [path for path in self._indexes if uses.get(path) == 0]:
            self._forget(path)
        spare = [path for path in self._indexes if path not in uses]
        size = sum(len(self._indexes[path].source.text) for path in spare)
        for path in spare:
            if size <= _SPARE:
                break
            size -= len(self._indexes[path].source.text)
            self._forget(path)

    def release_beyond(self, size: int, path: str) -> None:
        """Drops the index of a file if all of them together are of texts of more characters."""
        if self._indexed > size:
            self._forget(path)

    def differs(self, path: str, data: bytes) -> bool:
        """Whether a path has another text than this, or none; what is read for it is not kept.

        :param data: the text in UTF-8.
        """
        if not self.is_readable(path):
            return True
        known = self._texts.get(path) or self.overlay.get(path)
        if known is None and not _DECLARATION.match(data):
            # Few differ, and what does not need not be decoded.
            on_disk = _read_bytes(path, self.label(path))
            if on_disk == data:
                return False
        return (known or read(path, self.label(path))) != data.decode("utf-8")

    def exists(self, path: str) -> bool:
        """Whether there is a file at a path."""
        return path in self.promised or self.is_readable(path)

    def is_readable(self, path: str) -> bool:
        """Whether the text of a path is to be had now."""
        if path in self.overlay:
            return self.overlay[path] is not None
        if path not in self._files:
            is_visible = self._visible is None or path in self._visible
            self._files[path] = is_visible and os.path.isfile(path)
        return self._files[path]

    def is_on_disk(self, path: str) -> bool:
        """Whether the text of a path is to be had now, and is that of the disk."""
        return self._is_shared(path) and self.is_readable(path)

    def _is_shared(self, path: str) -> bool:
        """Whether a path is read for all views: nothing is laid over it, or promised there."""
        return path not in self.overlay and path not in self.promised

    def label(self, path: str) -> str:
        """How messages name a path."""
        return self.labels.get(path) or shown(path)

    def text(self, path: str) -> str:
        """Decoded text. Raises ConversionError when the file cannot be read."""
        if self._shared is not None and self._is_shared(path):
            return self._shared.text(path)
        known = self._texts.get(path)
        if known is None:
            laid_over = self.overlay.get(path)
            if laid_over is not None:
                known = laid_over
            elif path in self.promised and not self.is_readable(path):
                raise error(
                    "parent-not-converted",
                    self.label(path),
                    "this file is generated from a modular file that could not be converted",
                    hint="fix the errors of that modular file first",
                )
            else:
                known = read(path, self.label(path))
            self._texts[path] = known
        return known

    def facts(self, path: str, find: Callable[[str], T]) -> T:
        """What a function finds in the text of a path, which it reads once.

        Raises ConversionError when the file cannot be read.
        """
        if self._shared is not None and self._is_shared(path):
            return self._shared.facts(path, find)
        key = path, find
        if key not in self._facts:
            self._facts[key] = find(self.text(path))
        known: T = self._facts[key]
        return known

    def index(self, path: str, *, late: bool = False) -> FileIndex:
        """The index of a file. Raises ConversionError when it cannot be read or parsed.

        :param late: whether a syntax error in a definition may be found when its body is read.
        """
        if self._shared is not None and self._is_shared(path):
            return self._shared.index(path, late=late)
        late = late or path in self.read_late
        known = self._indexes.get(path)
        if known is not None and known.source.reads_late and not late:
            self._forget(path)
            known = None
        if known is None:
            label = self.label(path)
            text, ignores = take_comments(self.text(path), label)
            file = source.Source(path, label, text, reads_late=late)
            if not source.has_regular_blocks(file.tree):
                file = source.Source(path, label, source.normalized(file.text, label))
            try:
                known = build_index(file, ignores)
            except RecursionError:
                raise error(
                    "too-deep",
                    label,
                    "the file is nested too deeply to be read",
                    hint="split its deepest expression into several statements",
                ) from None
            self._indexes[path] = known
            self._indexed += len(file.text)
        return known


def read(path: str, label: str) -> str:
    """The decoded text of a file. Raises ConversionError."""
    return source.decode(_read_bytes(path, label), label)


def _read_bytes(path: str, label: str) -> bytes:
    try:
        return read_bytes(path, most=LARGEST_TEXT)
    except InputError as problem:
        problem.place = label
        raise refused("unreadable-source", problem) from None


def installed_root() -> str | None:
    """The directory that holds the installed ``transformers`` package, without importing it."""
    import importlib.util

    try:
        spec = importlib.util.find_spec(DISTRIBUTION)
    except (ImportError, ValueError):
        return None
    if spec is None or not spec.submodule_search_locations:
        return None
    return os.path.dirname(os.path.abspath(next(iter(spec.submodule_search_locations))))


@dataclass(frozen=True)
class DistributionFacts:
    """What the parents' distribution says about itself."""

    version: str | None
    table: NameTable
    # Where the version was read; empty without a distribution.
    path: str = ""


def distribution_facts(roots: Iterable[str], sources: Sources) -> DistributionFacts:
    """Version and name table of the first root that holds the distribution.

    Raises ConversionError when the table cannot be read.
    """
    for root in roots:
        package = os.path.join(root, DISTRIBUTION)
        auto = os.path.join(package, "models", "auto")
        tables = [
            path
            for name in ("auto_mappings.py", "configuration_auto.py")
            if sources.exists(path := os.path.join(auto, name))
        ]
        if tables:
            path = os.path.join(package, "__init__.py")
            return DistributionFacts(_version(path, sources), _name_table(tables, sources), path)
    return DistributionFacts(None, NameTable())


def _name_table(paths: list[str], sources: Sources) -> NameTable:
    texts = [sources.text(path) for path in paths]
    try:
        return _read_name_table(tuple(texts))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        for path, text in zip(paths, texts, strict=True):
            source.parse(text, sources.label(path))
        raise error(
            "too-deep",
            sources.label(paths[0]),
            "the table of model names is nested too deeply to be read",
            hint="write it as one dictionary",
        ) from None


@lru_cache(maxsize=1)
def _read_name_table(texts: tuple[str, ...]) -> NameTable:
    """The table of a library, which all requests of a group share."""
    return read_name_table(list(texts))


def _version(path: str, sources: Sources) -> str | None:
    if not sources.exists(path):
        return None
    for line in sources.text(path).split("\n"):
        if line.startswith("__version__"):
            try:
                value = ast.literal_eval(line.partition("=")[2].strip())
            except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
                return None
            return value if isinstance(value, str) else None
    return None
