"""`package`: writes fixtures as directories or archives, and a hub cache that they load from."""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from pants.base.build_root import BuildRoot
from pants.core.goals.package import (
    BuiltPackage,
    BuiltPackageArtifact,
    OutputPathField,
    PackageFieldSet,
)
from pants.core.util_rules.archive import ArchiveFormat, CreateArchive
from pants.core.util_rules.distdir import DistDir
from pants.engine.fs import (
    AddPrefix,
    CreateDigest,
    Digest,
    DigestContents,
    DigestSubset,
    FileContent,
    MergeDigests,
    PathGlobs,
    RemovePrefix,
    Snapshot,
    SymlinkEntry,
)
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.target import WrappedTarget, WrappedTargetRequest
from pants.engine.unions import UnionRule

from rules_transformers.tiny_fixtures.field_set import AllTinyFixtureFieldSets, TinyFixtureFieldSet
from rules_transformers.tiny_fixtures.subsystem import MANIFEST
from rules_transformers.tiny_fixtures.target_types import FixtureFilesField
from rules_transformers.tiny_fixtures.util_rules.build import BuildFixtureRequest, BuiltFixture

_HUB = "hub"
_REVISION_LENGTH = 40


@dataclass(frozen=True)
class TinyFixturePackageFieldSet(PackageFieldSet):
    required_fields = (FixtureFilesField,)

    output_path: OutputPathField


@dataclass(frozen=True)
class _HubCacheRequest:
    """Asks for the links by which a packaged fixture is an entry of a hub cache.

    :param digest: the fixture's files.
    :param output_path: where they are below the distribution directory.
    :param hub: the cache's own directory there.
    """

    digest: Digest
    output_path: str
    hub: str


@dataclass(frozen=True)
class _HubCache:
    """Links below the cache's directory.

    :param entries: the directory of each repository in it.
    """

    digest: Digest
    entries: tuple[str, ...]


@rule
async def make_hub_cache(request: _HubCacheRequest) -> _HubCache:
    manifests, snapshot = await MultiGet(
        Get(
            DigestContents,
            DigestSubset(request.digest, PathGlobs([MANIFEST, f"*/{MANIFEST}"])),
        ),
        Get(Snapshot, Digest, request.digest),
    )
    entries = []
    files: list[FileContent | SymlinkEntry] = []
    for manifest in manifests:
        repo_id = json.loads(manifest.content)["repo_id"]
        if repo_id is None:
            continue
        # As `tiny_models` names revisions.
        revision = hashlib.sha256(manifest.content).hexdigest()[:_REVISION_LENGTH]
        entry = PurePosixPath(request.hub, "--".join(["models", *repo_id.split("/")]))
        entries.append(str(entry))
        files.append(FileContent(str(entry / "refs/main"), revision.encode()))
        directory = PurePosixPath(manifest.path).parent
        for path in map(PurePosixPath, snapshot.files):
            if directory not in path.parents:
                continue
            link = entry / "snapshots" / revision / path.relative_to(directory)
            up = "../" * (len(link.parts) - 1)
            files.append(SymlinkEntry(str(link), f"{up}{request.output_path}/{path}"))
    return _HubCache(await Get(Digest, CreateDigest(files)), tuple(entries))


def hub_directory(fixture: TinyFixtureFieldSet, all_fixtures: AllTinyFixtureFieldSets) -> str:
    """The hub cache that has a fixture: one for all, of which none has the name of another.

    The variants of a parametrized target are in caches of their own, one for each set of
    parameters, such as each resolve.
    """
    if any(
        other.address != fixture.address and other.address.parameters == fixture.address.parameters
        for other in all_fixtures.named(fixture.repo_id.value or "")
    ):
        return f"{_HUB}-{fixture.address.path_safe_spec}"
    return f"{_HUB}{fixture.address.parameters_repr}"


@rule
async def package_tiny_fixture(
    field_set: TinyFixturePackageFieldSet,
    all_fixtures: AllTinyFixtureFieldSets,
    dist_dir: DistDir,
    build_root: BuildRoot,
) -> BuiltPackage:
    wrapped = await Get(
        WrappedTarget, WrappedTargetRequest(field_set.address, "the `package` goal")
    )
    fixture = TinyFixtureFieldSet.create(wrapped.target)
    built = await Get(BuiltFixture, BuildFixtureRequest(fixture))
    files = await Get(Digest, RemovePrefix(built.snapshot.digest, fixture.directory))
    output_path = field_set.output_path.value_or_default(file_ending=None)
    if output_path.endswith(".tar"):
        snapshot = await Get(Snapshot, Digest, files)
        archive = await Get(Digest, CreateArchive(snapshot, output_path, ArchiveFormat.TAR))
        return BuiltPackage(archive, (BuiltPackageArtifact(output_path),))
    hub_name = hub_directory(fixture, all_fixtures)
    hub_cache, directory = await MultiGet(
        Get(_HubCache, _HubCacheRequest(files, output_path, hub_name)),
        Get(Digest, AddPrefix(files, output_path)),
    )
    hub = shlex.quote(str(build_root.pathlib_path / dist_dir.relpath / hub_name))
    export = f"To load it by its name: export HF_HUB_OFFLINE=1 HF_HUB_CACHE={hub}"
    return BuiltPackage(
        await Get(Digest, MergeDigests([directory, hub_cache.digest])),
        (
            BuiltPackageArtifact(output_path, (export,) if hub_cache.entries else ()),
            *(BuiltPackageArtifact(entry) for entry in hub_cache.entries),
        ),
    )


def rules() -> Iterable[Rule | UnionRule]:
    return (
        *collect_rules(),
        UnionRule(PackageFieldSet, TinyFixturePackageFieldSet),
    )
