"""Which files of a group's members are laid out once in its sandbox.

Models of one library have most of their sources in common. A file that several members have lies in
a directory of its own, from where the tool takes it for the members that it builds.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Union

from pants.engine.fs import Directory, FileEntry, SymlinkEntry

Entry = Union[FileEntry, SymlinkEntry, Directory]

_SHARED = "__shared"
_SCHEMA = 1


@dataclass(frozen=True)
class Layout:
    """The entries of a sandbox with the files of several members.

    :param shared: for the tool: which shared files each member has, as JSON. Empty if there are
        none.
    """

    entries: tuple[Entry, ...]
    shared: bytes


@dataclass
class _Layer:
    """A directory of shared files, which have different paths."""

    file_of: dict[str, FileEntry] = field(default_factory=dict)
    directories: set[str] = field(default_factory=set)

    def add(self, file: FileEntry) -> bool:
        """Adds a file unless another one is in its way; whether the layer has it now."""
        above = _above(file.path)
        if file.path in self.directories or not self.file_of.keys().isdisjoint(above):
            return False
        if self.file_of.setdefault(file.path, file) != file:
            return False
        self.directories.update(above)
        return True


def lay_out(members: Sequence[Sequence[Entry]], directories: Sequence[str]) -> Layout:
    """Places the entries of each member in its directory, or in one of shared files."""
    members_with = Counter(
        entry for entries in members for entry in entries if isinstance(entry, FileEntry)
    )
    layers: list[_Layer] = []
    placed: dict[Entry, None] = {}
    document: list[dict[str, list[str]]] = []
    for entries, directory in zip(members, directories):
        paths_in = defaultdict(list)
        for entry in entries:
            place = directory
            if isinstance(entry, FileEntry) and members_with[entry] > 1:
                place = f"{_SHARED}/{_layer_of(entry, layers)}"
                paths_in[place].append(entry.path)
            placed[_below(place, entry)] = None
        document.append(dict(paths_in))
    if not layers:
        return Layout(tuple(placed), b"")
    text = json.dumps({"schema": _SCHEMA, "members": document}, indent=1) + "\n"
    return Layout(tuple(placed), text.encode())


def _layer_of(file: FileEntry, layers: list[_Layer]) -> int:
    for number, layer in enumerate(layers):
        if layer.add(file):
            return number
    layers.append(_Layer())
    return _layer_of(file, layers)


def _below(directory: str, entry: Entry) -> Entry:
    return replace(entry, path=f"{directory}/{entry.path}")


def _above(path: str) -> list[str]:
    return [str(parent) for parent in PurePosixPath(path).parents]
