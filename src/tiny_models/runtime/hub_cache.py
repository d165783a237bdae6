"""Fixtures as entries of an offline model hub cache, by links."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path

from tiny_models.fixture.locate import LocatedFixture
from toolkit.errors import InputError
from toolkit.scratch_directory import scratch_directory

# huggingface_hub's name for the branch that is loaded unless another revision is asked for.
BRANCH = "main"


def lay_out(fixtures: Iterable[LocatedFixture], parent: Path) -> Path:
    """Makes a hub cache of ``fixtures`` below ``parent`` and returns its directory.

    The directory is named for what it holds: several processes may ask for the same one at once.
    Fixtures without a repository id are left out. Raises InputError if two have the same one.
    """
    named = sorted(
        (fixture for fixture in fixtures if fixture.repo_id), key=lambda fixture: fixture.name
    )
    _refuse_duplicates(named)
    key = hashlib.sha256(
        "".join(
            f"{fixture.repo_id}\0{fixture.revision}\0{fixture.directory}\n" for fixture in named
        ).encode()
    )
    directory = parent / f"hub-{key.hexdigest()[:16]}"
    if directory.is_dir():
        return directory
    parent.mkdir(parents=True, exist_ok=True)
    with scratch_directory(f"{directory.name}.", parent) as staging:
        for fixture in named:
            _add(fixture, staging)
        try:
            os.rename(staging, directory)
        except OSError:
            # Another process was faster.
            if not directory.is_dir():
                raise
    return directory


def _refuse_duplicates(named: Sequence[LocatedFixture]) -> None:
    for first, second in pairwise(named):
        if first.repo_id == second.repo_id:
            raise InputError(
                f"two fixtures have the repository id {first.repo_id}: {first.directory} and "
                f"{second.directory}",
                hint="give each its own `repo_id`",
            )


def _add(fixture: LocatedFixture, cache: Path) -> None:
    assert fixture.repo_id is not None
    repository = cache / "--".join(["models", *fixture.repo_id.split("/")])
    reference = repository / "refs" / BRANCH
    reference.parent.mkdir(parents=True)
    reference.write_text(fixture.revision)
    snapshot = repository / "snapshots" / fixture.revision
    for path in sorted(fixture.directory.rglob("*")):
        if path.is_file():
            link = snapshot / path.relative_to(fixture.directory)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(path)
