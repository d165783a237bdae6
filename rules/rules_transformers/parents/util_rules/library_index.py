"""The library whose models are candidates, and its index: one product, made once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pants.backend.python.subsystems.setup import PythonSetup
from pants.engine.fs import Digest
from pants.engine.process import FallibleProcessResult, Process
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.unions import UnionRule
from pants.util.logging import LogLevel

from rules_transformers.modular.file_types import FILE_TYPES
from rules_transformers.modular.util_rules.library_sources import (
    READ_WITH_MODULARS,
    ParentsRequirement,
    ParentsRequirementRequest,
)
from rules_transformers.parents.subsystem import ParentFinder
from rules_transformers.parents.util_rules.finder_process import LIBRARY_DIR, FinderProcessRequest
from rules_transformers.util_rules.distribution_sources import (
    DistributionSources,
    DistributionSourcesRequest,
)
from rules_transformers.util_rules.tool_commands import INDEX
from rules_transformers.util_rules.tool_run import ToolRun

INDEX_FILE = "__index.npz"
# Libraries have their models wherever they like.
_READ_BY_NAME = tuple(f"**/{kind}_*.py" for kind in ("modular", *FILE_TYPES))


@dataclass(frozen=True)
class Library:
    """The library's sources and the index of them.

    :param sources: at the places where they would be installed.
    :param index: the file `INDEX_FILE`.
    :param more: the sources of further libraries, which the index does not have.
    """

    sources: Digest
    index: Digest
    more: tuple[Digest, ...]


class NoLibrary(Exception):
    """There is no library to find parents in."""


@rule(desc="Index the models of the library", level=LogLevel.DEBUG)
async def index_library(finder: ParentFinder, python_setup: PythonSetup) -> Library:
    resolve = finder.resolve or python_setup.default_resolve
    requirement = await Get(ParentsRequirement, ParentsRequirementRequest(finder.library, resolve))
    if requirement.value is None:
        raise NoLibrary(
            f"The resolve `{resolve}` pins no library with models\n"
            "hint: name a resolve that does in `[parent-finder].resolve`, or the library itself in "
            '`[parent-finder].library`, e.g. "transformers==5.24.0"'
        )
    sources = await Get(
        DistributionSources,
        DistributionSourcesRequest(
            requirement.value, requirement.interpreter_constraints, READ_WITH_MODULARS
        ),
    )
    process = await Get(
        Process,
        FinderProcessRequest(
            command=INDEX,
            arguments=(f"--output={INDEX_FILE}",),
            library=sources.digest,
            files=(),
            description=f"Index the models of {requirement.value}, once for this release",
            output_files=(INDEX_FILE,),
        ),
    )
    result = await Get(FallibleProcessResult, ToolRun(process))
    if result.exit_code != 0:
        message = result.stderr.decode(errors="replace").replace(LIBRARY_DIR, requirement.value)
        raise NoLibrary(
            f"{message.strip()}\nhint: name a library with models in `[parent-finder].library`, "
            'e.g. "transformers==5.24.0"'
        )
    more = await MultiGet(
        Get(
            DistributionSources,
            DistributionSourcesRequest(library, requirement.interpreter_constraints, _READ_BY_NAME),
        )
        for library in finder.more_libraries
    )
    return Library(sources.digest, result.output_digest, tuple(other.digest for other in more))


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
