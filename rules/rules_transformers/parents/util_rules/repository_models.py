"""The repository's own models, which are candidates beside those of the library."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pants.backend.python.target_types import PythonSourceField, PythonTestSourceField
from pants.engine.fs import Digest, DigestSubset, MergeDigests, PathGlobs
from pants.engine.rules import Get, Rule, collect_rules, rule
from pants.engine.target import AllTargets
from pants.engine.unions import UnionRule
from pants.source.source_root import SourceRootsRequest, SourceRootsResult
from pants.util.logging import LogLevel

from rules_transformers.modular.field_set import AllModularFieldSets
from rules_transformers.modular.file_types import is_model_file, is_modular_file
from rules_transformers.modular.util_rules.convert import Conversions, ConversionsRequest

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class RepositoryModels:
    """The modular files and the standalone files of the repository's models.

    :param files: at their places in the repository; generated ones are fresh.
    :param places: the source roots, where imports of them begin, each with a top-level directory
        that has models; empty if a root itself has some.
    """

    files: Digest
    places: tuple[tuple[str, str], ...]

    @property
    def arguments(self) -> tuple[str, ...]:
        """The options that name them to the parent finder.

        It searches these directories alone: a sandbox of remote execution may have those of a
        system at its root.
        """
        return tuple(
            f"--models={root}/./{directory}" if directory else f"--models={root}"
            for root, directory in self.places
        )

    def without(self, paths: Iterable[str]) -> DigestSubset:
        """The files less some that the sandbox has already, perhaps with another content."""
        return DigestSubset(self.files, PathGlobs(["**", *(f"!{path}" for path in paths)]))


@rule(desc="Find the models of the repository", level=LogLevel.DEBUG)
async def find_repository_models(
    targets: AllTargets, field_sets: AllModularFieldSets
) -> RepositoryModels:
    conversions = await Get(Conversions, ConversionsRequest(tuple(field_sets)))
    for field_set, conversion in zip(field_sets, conversions):
        if conversion.exit_code != 0:
            logger.warning(
                f"{field_set.path} cannot be converted, so that its model is not a candidate\n"
                f"{conversion.whole_story}"
            )
    generated = {path for conversion in conversions for path in conversion.snapshot.files}
    written = {field_set.path for field_set in field_sets}
    for target in targets:
        if target.has_field(PythonSourceField) and not target.has_field(PythonTestSourceField):
            path = target[PythonSourceField].file_path
            if path not in generated and (is_model_file(path) or is_modular_file(path)):
                written.add(path)
    sources = await Get(Digest, PathGlobs(sorted(written)))
    files = await Get(
        Digest,
        MergeDigests([sources, *(conversion.snapshot.digest for conversion in conversions)]),
    )
    paths = sorted({*written, *generated})
    roots = await Get(SourceRootsResult, SourceRootsRequest, SourceRootsRequest.for_files(paths))
    return RepositoryModels(
        files, _places({str(path): root.path for path, root in roots.path_to_root.items()})
    )


def _places(root_of: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The `places` of files with these source roots."""
    directories: dict[str, set[str]] = {}
    for path, root in root_of.items():
        below, separator, _ = os.path.relpath(path, root).partition(os.sep)
        directories.setdefault(root, set()).add(below if separator else "")
    return tuple(
        (root, directory)
        for root, tops in sorted(directories.items())
        for directory in (("",) if "" in tops else sorted(tops))
    )


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
