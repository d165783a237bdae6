"""Reads sources out of a distribution, without installing what it depends on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from pants.backend.python.target_types import PexLayout
from pants.backend.python.util_rules.interpreter_constraints import InterpreterConstraints
from pants.backend.python.util_rules.pex import Pex, PexRequest
from pants.backend.python.util_rules.pex_requirements import PexRequirements
from pants.engine.fs import EMPTY_DIGEST, Digest, DigestSubset, PathGlobs, RemovePrefix, Snapshot
from pants.engine.rules import Get, Rule, collect_rules, rule
from pants.engine.unions import UnionRule
from pants.util.logging import LogLevel

from rules_transformers.util_rules import isolated_pex
from rules_transformers.util_rules.isolated_pex import IsolatedPex

_PEX = "distribution.pex"


@dataclass(frozen=True)
class DistributionSourcesRequest:
    """Asks for files of a distribution.

    :param requirement: the distribution, pinned, e.g. `transformers==5.24.0`.
    :param interpreter_constraints: those that it is to be fetched for.
    :param patterns: globs of the files, relative to where it would be installed.
    """

    requirement: str
    interpreter_constraints: tuple[str, ...]
    patterns: tuple[str, ...]


@dataclass(frozen=True)
class DistributionSources:
    """Files of a distribution, at the places where they would be installed.

    :param files: their paths; empty if no pattern matched.
    """

    digest: Digest
    files: tuple[str, ...]


@rule(desc="Collect sources out of a distribution", level=LogLevel.DEBUG)
async def collect_distribution_sources(request: DistributionSourcesRequest) -> DistributionSources:
    # `--intransitive` keeps torch and the other dependencies out: only sources are read, and a
    # loose PEX has them as plain files.
    distribution = await Get(
        Pex,
        IsolatedPex,
        PexRequest(
            output_filename=_PEX,
            internal_only=True,
            layout=PexLayout.LOOSE,
            requirements=PexRequirements([request.requirement]),
            interpreter_constraints=InterpreterConstraints(request.interpreter_constraints),
            additional_args=("--intransitive",),
            description=f"Fetch {request.requirement} without its dependencies",
        ),
    )
    sources = await Get(
        Snapshot,
        DigestSubset(
            distribution.digest,
            PathGlobs(f"{_PEX}/.deps/*/{pattern}" for pattern in request.patterns),
        ),
    )
    if not sources.files:
        return DistributionSources(EMPTY_DIGEST, ())
    wheel = PurePosixPath(*PurePosixPath(sources.files[0]).parts[:3])
    stripped = await Get(Digest, RemovePrefix(sources.digest, str(wheel)))
    return DistributionSources(
        stripped, tuple(str(PurePosixPath(file).relative_to(wheel)) for file in sources.files)
    )


def rules() -> Iterable[Rule | UnionRule]:
    return (*collect_rules(), *isolated_pex.rules())
