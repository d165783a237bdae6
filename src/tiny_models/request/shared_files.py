"""Files that several requests of a group have in common.

A build system lays each of them out once. They are linked into the directory of a request only when
it is served, so that what is not built costs nothing.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from toolkit.errors import InputError
from toolkit.input_file import read_text
from toolkit.json_record import parse_record
from toolkit.paths import is_confined


@dataclass(frozen=True)
class SharedFiles:
    """Where the requests of a group find files that are not in their own directories.

    :param members: of each request, paths of files, by the directory that holds them. Below the
        request's own directory they have the same paths.
    """

    members: tuple[Mapping[str, tuple[str, ...]], ...]
    schema: Literal[1] = 1

    def __post_init__(self) -> None:
        """Raises ValueError for a path that leads out of a directory."""
        for files_of in self.members:
            for directory, paths in files_of.items():
                for path in (directory, *paths):
                    if not is_confined(path):
                        raise ValueError(f"the path {path!r} leads out of its directory")

    def link(self, member: int, directory: Path) -> None:
        """Puts the files of a request below its directory. Raises OSError."""
        for source, paths in self.members[member].items():
            for path in paths:
                place = directory / path
                place.parent.mkdir(parents=True, exist_ok=True)
                try:
                    os.link(Path(source, path), place)
                except OSError:
                    # Not every file system has links, and not every file may be linked.
                    shutil.copy2(Path(source, path), place)


def read_shared_files(file: str | None, number: int) -> SharedFiles:
    """The shared files of so many requests, from a JSON file; none without a file.

    Raises InputError for a file that is wrong, or that is about another number of requests.
    """
    if file is None:
        return SharedFiles(tuple({} for _ in range(number)))
    shared = parse_record(SharedFiles, read_text(file), file, what="the list of shared files")
    if len(shared.members) != number:
        raise InputError(
            f"expected the shared files of {number} requests, found those of {len(shared.members)}",
            place=file,
            hint="rules and tool must come from the same release",
        )
    return shared
