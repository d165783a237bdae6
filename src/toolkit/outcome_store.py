"""A store of what became of a group's members: their answers and the files that they left.

An entry is one file. Its first line is the SHA-256 of all that follows, the second a JSON header
with its name, the answer, and the paths and sizes of the files, whose contents come after it. What
is damaged, partial or strange is as if it were not there, and a store that cannot be written stores
nothing: everything in it can be made again.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import stat
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rules_transformers_contract import stored_outcomes
from toolkit.atomic_file import write_files
from toolkit.directory_tree import walk
from toolkit.errors import ToolError
from toolkit.input_file import read_bytes
from toolkit.paths import is_confined

_SCHEMA = 1
_LARGEST = 512 * 2**20
# Entries lie in a directory for each first digit of their names. These are hashes, so that each
# directory gets as much as any other, and to keep the store in bounds, only one is looked through.
_LARGEST_DIRECTORY = _LARGEST // 16
_LARGEST_ENTRY = _LARGEST_DIRECTORY // 2


@dataclass(frozen=True)
class _Outcome:
    """An answer, as JSON has it, and files by their paths."""

    answer: Any
    files: Mapping[str, bytes]


class OutcomeStore:
    """The outcomes of one group's members.

    :param directory: of the entries of all groups. If it does not exist, there is no store.
    :param keys: of the members, in their order; empty if there is no store.
    """

    def __init__(self, directory: str | os.PathLike[str], keys: Sequence[str]) -> None:
        self._directory = Path(directory)
        if self._directory.is_symlink():
            # Pants makes it once for all processes of a daemon: it may have been removed since.
            with suppress(OSError):
                os.makedirs(os.path.realpath(directory), exist_ok=True)
        self._names = [_name(key) for key in keys] if self._directory.is_dir() else []

    @classmethod
    def ordered(cls) -> OutcomeStore:
        """The store that the build rules name in the environment, if they do."""
        keys = stored_outcomes.keys_of(os.environ.get(stored_outcomes.VARIABLE, ""))
        return cls(stored_outcomes.DIRECTORY, keys)

    def restore_all(self, directories: Sequence[str | os.PathLike[str] | None]) -> dict[int, Any]:
        """The stored answers by member, of those that have a directory for their files.

        Raises ToolError if the files cannot be written there.
        """
        return {
            member: answer
            for member, directory in enumerate(directories)
            if directory is not None and (answer := self.restore(member, directory)) is not None
        }

    def restore(self, member: int, directory: str | os.PathLike[str]) -> Any | None:
        """The stored answer of a member, whose files are then below ``directory``; or None.

        Raises ToolError if the files cannot be written there.
        """
        if member >= len(self._names):
            return None
        place = self._place(member)
        outcome = _read(place, self._names[member])
        if outcome is None:
            return None
        # Entries that are used stay the longest.
        with suppress(OSError):
            os.utime(place)
        os.makedirs(directory, exist_ok=True)
        write_files({Path(directory, path): text for path, text in outcome.files.items()})
        return outcome.answer

    def keep(self, member: int, answer: Any, directory: str | os.PathLike[str]) -> None:
        """Stores what became of a member: its answer, and all that is below ``directory``."""
        if member >= len(self._names):
            return
        with suppress(OSError, ToolError):
            files = _files(Path(directory))
            if files is not None:
                entry = _entry(self._names[member], _Outcome(answer, files))
                if len(entry) <= _LARGEST_ENTRY:
                    write_files({self._place(member): entry})
                    _keep_in_bounds(self._place(member).parent)

    def _place(self, member: int) -> Path:
        name = self._names[member]
        return self._directory / name[0] / name


def _name(key: str) -> str:
    """The name of an entry: its key, and what only the running interpreter knows."""
    parts = (key, sys.version, sys.platform, platform.machine())
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _entry(name: str, outcome: _Outcome) -> bytes:
    header = {
        "schema": _SCHEMA,
        "name": name,
        "answer": outcome.answer,
        "files": [[path, len(content)] for path, content in sorted(outcome.files.items())],
    }
    contents = (content for _, content in sorted(outcome.files.items()))
    body = b"".join((json.dumps(header).encode(), b"\n", *contents))
    return hashlib.sha256(body).hexdigest().encode() + b"\n" + body


def _read(place: Path, name: str) -> _Outcome | None:
    """The outcome of an entry; None if there is none that is intact."""
    try:
        if place.is_symlink():
            return None
        entry = read_bytes(place, most=_LARGEST_ENTRY)
        digest, _, body = entry.partition(b"\n")
        if hashlib.sha256(body).hexdigest().encode() != digest:
            return None
        header, _, contents = body.partition(b"\n")
        document = json.loads(header)
        if (document["schema"], document["name"]) != (_SCHEMA, name):
            return None
        files, offset = {}, 0
        for path, size in document["files"]:
            if not is_confined(path):
                return None
            files[path] = contents[offset : offset + size]
            offset += size
        return _Outcome(document["answer"], files) if offset == len(contents) else None
    except (OSError, ToolError, ValueError, KeyError, TypeError):
        return None


def _files(directory: Path) -> dict[str, bytes] | None:
    """The files below a directory; None if it has what an entry could not give back."""
    files = {}
    for folder, folders, names in walk(directory):
        is_empty = not folders and not names and Path(folder) != directory
        if is_empty or any(os.path.islink(os.path.join(folder, inner)) for inner in folders):
            return None
        for name in names:
            path = Path(folder, name)
            mode = path.lstat().st_mode
            if not stat.S_ISREG(mode) or mode & stat.S_IXUSR:
                return None
            files[path.relative_to(directory).as_posix()] = path.read_bytes()
    return files


def _keep_in_bounds(directory: Path) -> None:
    """Removes the entries that were not used for the longest time. Raises OSError."""
    entries = []
    with os.scandir(directory) as listed:
        for entry in listed:
            # Another group may remove it at the same time.
            with suppress(FileNotFoundError):
                status = entry.stat(follow_symlinks=False)
                entries.append((status.st_mtime, status.st_size, entry.path))
    excess = sum(size for _, size, _ in entries) - _LARGEST_DIRECTORY
    for _, size, path in sorted(entries):
        if excess <= 0:
            return
        with suppress(FileNotFoundError):
            os.unlink(path)
        excess -= size
