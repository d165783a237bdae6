"""The sources of parents that live in an installed distribution."""

from __future__ import annotations

from dataclasses import dataclass

from pants.backend.python.subsystems.setup import PythonSetup
from pants.backend.python.util_rules.pex import PexRequest, VenvPex, VenvPexProcess
from pants.backend.python.util_rules.pex_requirements import PexRequirements
from pants.engine.fs import Digest, DigestContents, PathGlobs, RemovePrefix
from pants.engine.process import ProcessResult
from pants.engine.rules import Get, collect_rules, rule
from pants.util.logging import LogLevel

from rules_transformers.modular.field_set import ModularFieldSet
from rules_transformers.modular.lockfile_pins import pinned_requirement
from rules_transformers.modular.subsystem import PACKAGE, ModularConverter
from rules_transformers.tool_sources import SANDBOX_DIR, ToolSources, ToolSourcesRequest

_OUTPUT_DIR = "__out"


@dataclass(frozen=True)
class ParentsRequirementRequest:
    """Asks which distribution holds the parents of a target.

    :param parents: the value of the target's `parents` field.
    :param resolve: the name of the target's resolve.
    """

    parents: str | None
    resolve: str

    @classmethod
    def create(
        cls, field_set: ModularFieldSet, python_setup: PythonSetup
    ) -> ParentsRequirementRequest:
        return cls(field_set.parents.value, field_set.resolve.normalized_value(python_setup))


@dataclass(frozen=True)
class ParentsRequirement:
    """The pinned distribution, or None if the target's resolve has no such distribution."""

    value: str | None


@dataclass(frozen=True)
class ParentSources:
    """The model sources of a distribution, e.g. at `transformers/models/…` in the digest."""

    digest: Digest


@rule
async def find_parents_requirement(
    request: ParentsRequirementRequest, converter: ModularConverter, python_setup: PythonSetup
) -> ParentsRequirement:
    if request.parents is not None:
        return ParentsRequirement(request.parents)
    if not python_setup.enable_resolves:
        return ParentsRequirement(None)
    lockfile_path = python_setup.resolves[request.resolve]
    contents = await Get(DigestContents, PathGlobs([lockfile_path]))
    return ParentsRequirement(
        pinned_requirement(contents[0].content.decode(), converter.parents_distribution)
        if contents
        else None
    )


@rule(desc="Collect the sources of parent models", level=LogLevel.DEBUG)
async def collect_parent_sources(
    requirement: ParentsRequirement, converter: ModularConverter
) -> ParentSources:
    assert requirement.value is not None, "there is nothing to collect without a distribution"
    tool_sources = await Get(ToolSources, ToolSourcesRequest(PACKAGE))
    # `--intransitive` keeps torch and the other dependencies out: only sources are read.
    distribution = await Get(
        VenvPex,
        PexRequest(
            output_filename="parents.pex",
            internal_only=True,
            requirements=PexRequirements([requirement.value]),
            interpreter_constraints=converter.interpreter_constraints,
            additional_args=("--intransitive",),
            description=f"Fetch {requirement.value} without its dependencies",
        ),
    )
    result = await Get(
        ProcessResult,
        VenvPexProcess(
            distribution,
            argv=(
                "-m",
                PACKAGE,
                "collect-parents",
                f"--distribution={converter.parents_distribution}",
                f"--output={_OUTPUT_DIR}",
            ),
            input_digest=tool_sources.digest,
            extra_env={"PEX_EXTRA_SYS_PATH": SANDBOX_DIR},
            output_directories=(_OUTPUT_DIR,),
            description=f"Collect the model sources of {requirement.value}",
        ),
    )
    return ParentSources(await Get(Digest, RemovePrefix(result.output_digest, _OUTPUT_DIR)))


def rules():
    return collect_rules()
