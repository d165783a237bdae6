"""What publishing a fixture would add, change and delete in a repository of a model hub."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tiny_models.request.manifest import Manifest

# A hub makes it with a repository; it says which files are large.
_OF_THE_HUB = frozenset({".gitattributes"})
# What a repository has that somebody just made in a hub's web pages.
_OF_AN_EMPTY_REPOSITORY = _OF_THE_HUB | {"README.md"}


@dataclass(frozen=True)
class LocalFile:
    """A file to publish: size in bytes, SHA-256 and git's own object id, in hexadecimal."""

    size: int
    sha256: str
    git_oid: str


@dataclass(frozen=True)
class RemoteFile:
    """What a hub says of a file. Large files have a SHA-256, others git's object id."""

    size: int | None
    sha256: str | None
    git_oid: str | None


@dataclass(frozen=True)
class Change:
    """A path, with the file's size in bytes: the new one, or of a deleted file the old one."""

    path: str
    size: int | None


@dataclass(frozen=True)
class PublishPlan:
    """What one commit has to do so that a repository holds a fixture."""

    added: tuple[Change, ...]
    changed: tuple[Change, ...]
    deleted: tuple[Change, ...]

    @property
    def empty(self) -> bool:
        """Whether the repository holds the fixture already."""
        return not (self.added or self.changed or self.deleted)


def make_plan(
    local: Mapping[str, LocalFile],
    remote: Mapping[str, RemoteFile],
    remote_manifest: Manifest | None,
) -> PublishPlan:
    """Compares a fixture's files with a repository's.

    Only files that the manifest in the repository lists are deleted: those were published from a
    fixture. Files that somebody else put there stay.
    """
    listed = {} if remote_manifest is None else remote_manifest.files
    added, changed = [], []
    for path, file in sorted(local.items()):
        there = remote.get(path)
        if there is None:
            added.append(Change(path, file.size))
        elif not _same(file, there, listed[path].sha256 if path in listed else None):
            changed.append(Change(path, file.size))
    gone = sorted(listed.keys() & remote.keys() - local.keys() - _OF_THE_HUB)
    deleted = [Change(path, remote[path].size) for path in gone]
    return PublishPlan(tuple(added), tuple(changed), tuple(deleted))


def foreign_files(remote: Mapping[str, RemoteFile]) -> list[str]:
    """The files by which a repository without a manifest is somebody's work, and no fixture's."""
    return sorted(remote.keys() - _OF_AN_EMPTY_REPOSITORY)


def _same(local: LocalFile, remote: RemoteFile, listed_sha256: str | None) -> bool:
    if remote.sha256 is not None:
        return remote.sha256 == local.sha256
    if remote.git_oid is not None:
        return remote.git_oid == local.git_oid
    return listed_sha256 == local.sha256
