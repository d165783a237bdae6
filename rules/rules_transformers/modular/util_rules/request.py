"""The request files that the converter reads, and what goes into its sandbox besides them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from pants.engine.fs import (
    Digest,
    DigestSubset,
    GlobMatchErrorBehavior,
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
    :param renamed: by the path of a generated parent, what renaming made in it: that was reported.
    :param tree: the repository's files at another revision; None for the workspace.
    """

    field_sets: tuple[ModularFieldSet, ...]
    parent_paths: tuple[str, ...]
    has_installed_parents: bool
    renamed: FrozenDict[str, tuple[str, ...]] = NOTHING_RENAMED
    tree: Digest | None = None


@dataclass(frozen=True)
class ConverterInput:
    """What the converter reads, besides parents.

    :param request: the text of the request file.
    """

    request: bytes
    sources: Digest


async def _repository_files(paths: Iterable[str], tree: Digest | None) -> Digest:
    path_globs = PathGlobs(sorted(paths))
    if tree is None:
        return await Get(Digest, PathGlobs, path_globs)
    return await Get(Digest, DigestSubset(tree, path_globs))


@rule
async def make_converter_input(
    request: ConverterRequest, converter: ModularConverter
) -> ConverterInput:
    modular_paths = tuple(field_set.path for field_set in request.field_sets)
    source_paths = {*modular_paths, *request.parent_paths}
    source_roots = await Get(
        SourceRootsResult, SourceRootsRequest, SourceRootsRequest.for_files(source_paths)
    )
    roots = {path: root.path for path, root in source_roots.path_to_root.items()}
    libraries = sorted(
        {
            str(PurePosixPath(roots[PurePosixPath(path)]) / package)
            for path in modular_paths
            for package in _top_level_package(path, roots[PurePosixPath(path)])
        }
    )
    document = {
        "schema": SCHEMA,
        "modulars": [
            {"path": path, "outputs": outputs}
            for path, outputs in _outputs_of(request.field_sets).items()
        ],
        "source_roots": sorted(set(roots.values())),
        "parents": [PARENTS_DIR] if request.has_installed_parents else [],
        "profile": converter.profile,
        "ignore": sorted(set(converter.ignore)),
        "pedantic": converter.pedantic,
        "output_dir": OUTPUT_DIR,
        **({"renamed": dict(request.renamed)} if request.renamed else {}),
    }
    profile_globs = PathGlobs(
        converter.profile_files,
        glob_match_error_behavior=GlobMatchErrorBehavior.error,
        description_of_origin="[modular-converter].profile",
    )
    library_paths = {f"{library}/{file}" for library in libraries for file in LIBRARY_FILES}
    sources = await _repository_files(source_paths | library_paths, request.tree)
    profile = await Get(Digest, PathGlobs, profile_globs)
    digest = await Get(Digest, MergeDigests((sources, profile)))
    return ConverterInput(_encoded(document), digest)


def _top_level_package(path: str, source_root: str) -> tuple[str, ...]:
    parts = PurePosixPath(path).relative_to(source_root).parts
    return parts[:1] if len(parts) > 1 else ()


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
