"""The request files that the converter reads, and what goes into its sandbox besides them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from pants.engine.fs import (
    Digest,
    DigestSubset,
    MergeDigests,
    PathGlobs,
)
from pants.engine.rules import Get, Rule, collect_rules, rule
from pants.engine.unions import UnionRule
from pants.source.source_root import SourceRootsRequest, SourceRootsResult
from pants.util.frozendict import FrozenDict

from rules_transformers.modular.field_set import ModularFieldSet
from rules_transformers.modular.subsystem import ModularConverter

SCHEMA = 1
OUTPUT_DIR = "__out"
PARENTS_DIR = "__parents"

# By path, what renaming made in a file.
NOTHING_RENAMED: FrozenDict[str, tuple[str, ...]] = FrozenDict()

# What a library says of itself: its release, and the names of its models and config classes.
LIBRARY_FILES = (
    "__init__.py",
    "models/auto/auto_mappings.py",
    "models/auto/configuration_auto.py",
)


@dataclass(frozen=True)
class ConverterRequest:
    """Asks for the request and the sources for one run of the converter.

    :param field_sets: the modular models; several may be of one modular file.
    :param parent_paths: files of the repository that the modular files may inherit from, besides
        generated ones.
    :param has_installed_parents: whether the sandbox has parents from a distribution.
    :param tree: the repository's files at another revision; None for the workspace.
    """

    field_sets: tuple[ModularFieldSet, ...]
    parent_paths: tuple[str, ...]
    has_installed_parents: bool
    tree: Digest | None = None


@dataclass(frozen=True)
class MemberInput:
    """What one member of a group reads, besides installed parents.

    :param request: the text of its request, less where its output goes.
    :param paths: of its files; some may not exist.
    """

    request: str
    paths: tuple[str, ...]

    def digest(self, fingerprints: Mapping[str, str]) -> str:
        """A digest of all of it, from those of all files in the sandbox, by path."""
        files = [(path, fingerprints.get(path)) for path in self.paths]
        return hashlib.sha256(json.dumps([self.request, files]).encode()).hexdigest()


@dataclass(frozen=True)
class ConverterInput:
    """What the converter reads, besides parents.

    :param request: the text of the request file.
    :param members: of a group.
    """

    request: bytes
    sources: Digest
    members: tuple[MemberInput, ...] = ()


@dataclass(frozen=True)
class GroupMember:
    """A request among those of a group: it sees its own files and no others.

    :param field_sets: targets of one modular file.
    :param parent_paths: as in `ConverterRequest`.
    :param generated_paths: the files that are generated for its parents.
    :param renamed: by the path of such a file, what renaming made in it: that was reported.
    """

    field_sets: tuple[ModularFieldSet, ...]
    parent_paths: tuple[str, ...]
    generated_paths: tuple[str, ...]
    renamed: FrozenDict[str, tuple[str, ...]] = NOTHING_RENAMED


@dataclass(frozen=True)
class ConverterGroupRequest:
    """Asks for the same as `ConverterRequest`, for several requests in one process.

    What a member generates goes below `output_dir`.
    """

    members: tuple[GroupMember, ...]
    has_installed_parents: bool


def output_dir(number: int) -> str:
    """Where the member of a group with that number leaves its files."""
    return f"{OUTPUT_DIR}/{number}"


@dataclass(frozen=True)
class _LocationsRequest:
    """Asks where sources lie.

    :param paths: the sources, with the modular files among them.
    """

    modular_paths: tuple[str, ...]
    paths: tuple[str, ...]


@dataclass(frozen=True)
class _Locations:
    """Where sources lie.

    :param roots: the source root of each.
    :param library_files: of each modular file, what its library says of itself, if it does.
    """

    roots: FrozenDict[str, str]
    library_files: FrozenDict[str, tuple[str, ...]]


@rule
async def locate_sources(request: _LocationsRequest) -> _Locations:
    source_roots = await Get(
        SourceRootsResult, SourceRootsRequest, SourceRootsRequest.for_files(request.paths)
    )
    roots = {str(path): root.path for path, root in source_roots.path_to_root.items()}
    return _Locations(
        FrozenDict(roots),
        FrozenDict((path, _library_files(path, roots[path])) for path in request.modular_paths),
    )


async def _repository_files(paths: Iterable[str], tree: Digest | None) -> Digest:
    path_globs = PathGlobs(sorted(paths))
    if tree is None:
        return await Get(Digest, PathGlobs, path_globs)
    return await Get(Digest, DigestSubset(tree, path_globs))


@dataclass(frozen=True)
class _SourcesRequest:
    """Asks for sources, and the file of the profile.

    :param tree: as in `ConverterRequest`.
    """

    paths: tuple[str, ...]
    library_files: tuple[str, ...]
    tree: Digest | None = None


@dataclass(frozen=True)
class _Sources:
    digest: Digest


@rule
async def collect_sources(request: _SourcesRequest, converter: ModularConverter) -> _Sources:
    sources = await _repository_files({*request.paths, *request.library_files}, request.tree)
    profile = await Get(Digest, PathGlobs, converter.profile_globs)
    return _Sources(await Get(Digest, MergeDigests((sources, profile))))


@rule
async def make_converter_input(
    request: ConverterRequest, converter: ModularConverter
) -> ConverterInput:
    modular_paths = tuple(field_set.path for field_set in request.field_sets)
    paths = (*modular_paths, *request.parent_paths)
    locations = await Get(_Locations, _LocationsRequest(modular_paths, paths))
    library_files = {path for files in locations.library_files.values() for path in files}
    sources = await Get(
        _Sources, _SourcesRequest(paths, tuple(sorted(library_files)), request.tree)
    )
    document = _document(
        converter,
        request.field_sets,
        locations.roots.values(),
        request.has_installed_parents,
        OUTPUT_DIR,
    )
    return ConverterInput(_encoded(document), sources.digest)


@rule
async def make_group_input(
    request: ConverterGroupRequest, converter: ModularConverter
) -> ConverterInput:
    modular_paths = tuple(member.field_sets[0].path for member in request.members)
    parent_paths = {path for member in request.members for path in member.parent_paths}
    paths = tuple(sorted({*modular_paths, *parent_paths}))
    locations = await Get(_Locations, _LocationsRequest(modular_paths, paths))
    library_files = {path for files in locations.library_files.values() for path in files}
    sources = await Get(_Sources, _SourcesRequest(paths, tuple(sorted(library_files))))
    documents = []
    members = []
    for number, (path, member) in enumerate(zip(modular_paths, request.members)):
        own_sources = (path, *member.parent_paths)
        document = _document(
            converter,
            member.field_sets,
            {locations.roots[source] for source in own_sources},
            request.has_installed_parents,
            output_dir(number),
        )
        # The other members of the group make no difference.
        files = {*own_sources, *member.generated_paths, *locations.library_files[path]}
        document["files"] = sorted(files)
        if member.renamed:
            document["renamed"] = dict(member.renamed)
        documents.append(document)
        members.append(_member_input(document, converter.profile_files))
    request_file = _encoded({"schema": SCHEMA, "members": documents})
    return ConverterInput(request_file, sources.digest, tuple(members))


def _member_input(document: Mapping[str, Any], profile_files: Iterable[str]) -> MemberInput:
    text = json.dumps({**document, "output_dir": None}, sort_keys=True)
    return MemberInput(text, (*document["files"], *profile_files))


def _document(
    converter: ModularConverter,
    field_sets: Iterable[ModularFieldSet],
    source_roots: Iterable[str],
    has_installed_parents: bool,
    output_directory: str,
) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "modulars": [
            {"path": path, "outputs": outputs} for path, outputs in _outputs_of(field_sets).items()
        ],
        "source_roots": sorted(set(source_roots)),
        "parents": [PARENTS_DIR] if has_installed_parents else [],
        "profile": converter.profile,
        "ignore": sorted(set(converter.ignore)),
        "pedantic": converter.pedantic,
        # Left to the converter, which knows whether a model is one of transformers itself.
        "corrections": None if converter.corrections else False,
        "output_dir": output_directory,
    }


def _library_files(path: str, source_root: str) -> tuple[str, ...]:
    """Where the library of a modular file may have the files of `LIBRARY_FILES`."""
    parts = PurePosixPath(path).relative_to(source_root).parts
    if len(parts) == 1:
        return ()
    return tuple(str(PurePosixPath(source_root, parts[0], name)) for name in LIBRARY_FILES)


def _outputs_of(field_sets: Iterable[ModularFieldSet]) -> dict[str, list[str] | None]:
    """For each modular file, the types of the files that its targets ask for; None for all."""
    outputs_of: dict[str, list[str] | None] = {}
    for field_set in field_sets:
        outputs, known = field_set.outputs.value, outputs_of.get(field_set.path, [])
        outputs_of[field_set.path] = (
            None if outputs is None or known is None else sorted({*known, *outputs})
        )
    return outputs_of


def _encoded(document: dict[str, Any]) -> bytes:
    return (json.dumps(document, indent=1, sort_keys=True) + "\n").encode()


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
