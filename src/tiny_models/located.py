"""Fixtures that lie on disk: where each is and what its manifest says of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tiny_models.errors import InputError
from tiny_models.manifest import NAME as MANIFEST
from tiny_models.manifest import SCHEMA
from tiny_models.request import is_repo_id


@dataclass(frozen=True)
class LocatedFixture:
    """A built fixture.

    ``revision`` are 40 hexadecimal digits, as a model hub's revisions are, made from the manifest
    and so from the digest of every file. ``name`` is what tests ask for it by.
    """

    directory: Path
    address: str
    architecture: str
    repo_id: str | None
    revision: str

    @property
    def name(self) -> str:
        """The repository id, or the address; of several architectures with its class."""
        if self.repo_id is not None:
            return self.repo_id
        says_all = self.directory.name != self.architecture or "#" in self.address
        return self.address if says_all else f"{self.address}-{self.architecture}"


def find_fixtures(directories: Iterable[Path]) -> list[LocatedFixture]:
    """The fixtures in ``directories``: each is one, or holds one per architecture.

    Raises InputError where there is none, or a manifest that cannot be read.
    """
    found = []
    for directory in directories:
        manifests = [directory / MANIFEST]
        if not manifests[0].is_file():
            manifests = sorted(directory.glob(f"*/{MANIFEST}"))
        if not manifests:
            raise InputError(
                f"there is no fixture here: neither {MANIFEST} nor */{MANIFEST}",
                place=str(directory),
                hint="name the directory that a fixture was built or packaged to",
            )
        found += [_located(manifest) for manifest in manifests]
    return found


def _located(path: Path) -> LocatedFixture:
    content = path.read_bytes()
    try:
        manifest = json.loads(content)
        if manifest["schema"] != SCHEMA:
            raise InputError(
                f"the manifest has schema {manifest['schema']!r}, expected {SCHEMA}",
                place=str(path),
                hint="build the fixture again with this version",
            )
        if not is_repo_id(manifest["repo_id"]):
            raise InputError(
                f"the manifest has the repo_id {manifest['repo_id']!r}, expected `name` or "
                "`owner/name`",
                place=str(path),
                hint="build the fixture again",
            )
        return LocatedFixture(
            path.parent.absolute(),
            manifest["address"],
            manifest["architecture"],
            manifest["repo_id"],
            hashlib.sha256(content).hexdigest()[:40],
        )
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"the manifest is damaged: {type(error).__name__}: {error}",
            place=str(path),
            hint="build the fixture again",
        ) from error
