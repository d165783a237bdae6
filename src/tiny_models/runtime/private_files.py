"""Fixtures whose files belong to one process: what it writes into them reaches nothing else.

Pants gives a process its large inputs as hard links into the store that all workspaces of a user
share. Their mode forbids writing, which stops everybody but root.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from tiny_models.core.errors import CheckFailed
from tiny_models.fixture.locate import LocatedFixture
from tiny_models.request.manifest import digest_file, read_manifest
from toolkit.errors import InputError
from toolkit.paths import holds
from toolkit.private_copy import copy_file, has_other_names


def take_over(fixtures: Iterable[LocatedFixture]) -> None:
    """Makes the files of fixtures private where they are: for directories of this process alone.

    Raises CheckFailed for a file that is not as its manifest says, InputError for a link that
    leaves its fixture.
    """
    for fixture in fixtures:
        for path in _files(fixture.directory):
            if has_other_names(path):
                copy_file(path, path)
        _require_intact(fixture.directory, fixture.directory)


def copies(fixtures: Iterable[LocatedFixture], parent: Path) -> list[LocatedFixture]:
    """Private copies of fixtures below ``parent``; the directory of each keeps its name.

    Raises as ``take_over``.
    """
    copied = []
    for number, fixture in enumerate(fixtures):
        directory = parent / str(number) / fixture.directory.name
        for path in _files(fixture.directory):
            target = directory / path.relative_to(fixture.directory)
            target.parent.mkdir(parents=True, exist_ok=True)
            copy_file(path, target)
        _require_intact(directory, fixture.directory)
        copied.append(replace(fixture, directory=directory))
    return copied


def _files(directory: Path) -> Iterator[Path]:
    for path in sorted(directory.rglob("*")):
        if not holds(directory, path):
            raise InputError(
                "is a link that leaves the fixture",
                place=str(path),
                hint="build the fixture again",
            )
        if os.path.isfile(path):
            yield path


def _require_intact(directory: Path, origin: Path) -> None:
    """Compares each file in ``directory``, a copy of ``origin``, with the fixture's manifest."""
    manifest = read_manifest(str(directory))
    for name, expected in sorted(manifest.files.items()):
        path = directory / name
        if not os.path.isfile(path):
            raise CheckFailed(
                "is missing", place=str(origin / name), hint="build the fixture again"
            )
        actual = digest_file(str(path))
        if actual != expected:
            raise CheckFailed(
                f"has changed since the fixture was built: {actual.size:,} bytes of sha256 "
                f"{actual.sha256}, expected {expected.size:,} of {expected.sha256}",
                place=str(origin / name),
                hint="build the fixture again. If Pants did, a process wrote into its store: "
                f"`find ~/.cache/pants -name {expected.sha256} -delete` removes the file there, "
                "and a run with `--no-pantsd` builds it again",
            )
