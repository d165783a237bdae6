"""Generates a `tiny_fixture` for each architecture of a `tiny_fixtures` target."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pants.backend.python.subsystems.setup import PythonSetup
from pants.backend.python.target_types import PythonResolveField
from pants.backend.python.util_rules.interpreter_constraints import InterpreterConstraints
from pants.engine.process import FallibleProcessResult, Process
from pants.engine.rules import Get, Rule, collect_rules, rule
from pants.engine.target import (
    GeneratedTargets,
    GenerateTargetsRequest,
    InvalidTargetException,
)
from pants.engine.unions import UnionMembership, UnionRule
from pants.util.logging import LogLevel

from rules_transformers.modular.util_rules.library_sources import (
    ParentsRequirement,
    ParentsRequirementRequest,
)
from rules_transformers.tiny_fixtures.target_types import (
    FixtureArchitecturesField,
    FixtureModelField,
    FixtureModelTypeField,
    FixturePublishToField,
    FixtureRepoIdField,
    TinyFixturesGeneratorTarget,
    TinyFixtureTarget,
    check_model,
)
from rules_transformers.util_rules.distribution_sources import (
    DistributionSources,
    DistributionSourcesRequest,
)
from rules_transformers.util_rules.tool_commands import ARCHITECTURES
from rules_transformers.util_rules.tool_process import ToolProcess
from rules_transformers.util_rules.tool_run import ToolRun
from rules_transformers_contract.exit_codes import ExitCode

_AUTO_FILE = "transformers/models/auto/modeling_auto.py"


@dataclass(frozen=True)
class ArchitecturesRequest:
    """Asks for the model classes that a release of transformers has for a model type."""

    model_type: str
    requirement: ParentsRequirement
    origin: str


@dataclass(frozen=True)
class Architectures:
    names: tuple[str, ...]


class GenerateTinyFixturesRequest(GenerateTargetsRequest[TinyFixturesGeneratorTarget]):
    generate_from = TinyFixturesGeneratorTarget


@rule(desc="List the architectures of a model type", level=LogLevel.DEBUG)
async def list_architectures(request: ArchitecturesRequest) -> Architectures:
    requirement = request.requirement
    if requirement.value is None:
        raise InvalidTargetException(
            f"{request.origin} names no `architectures`, and its resolve pins no transformers that "
            "has them\n"
            "hint: add transformers to the lockfile of its resolve, or list the `architectures`"
        )
    sources = await Get(
        DistributionSources,
        DistributionSourcesRequest(
            requirement.value, requirement.interpreter_constraints, (_AUTO_FILE,)
        ),
    )
    process = await Get(
        Process,
        ToolProcess(
            ARCHITECTURES,
            (request.model_type, f"--auto-file={_AUTO_FILE}"),
            InterpreterConstraints(requirement.interpreter_constraints),
            (sources.digest,),
            f"List the architectures of {request.model_type}",
            level=LogLevel.DEBUG,
        ),
    )
    result = await Get(FallibleProcessResult, ToolRun(process))
    if result.exit_code != ExitCode.DONE:
        message = result.stderr.decode(errors="replace").strip()
        raise InvalidTargetException(f"{request.origin} cannot be generated\n{message}")
    return Architectures(tuple(result.stdout.decode().split()))


@rule
async def generate_tiny_fixtures(
    request: GenerateTinyFixturesRequest,
    union_membership: UnionMembership,
    python_setup: PythonSetup,
) -> GeneratedTargets:
    generator, template, address = request.generator, request.template, request.template_address
    model_type = template.get(FixtureModelTypeField.alias)
    check_model(template.get(FixtureModelField.alias), model_type, generator.alias, address)
    names = generator[FixtureArchitecturesField].value
    if names is None:
        if model_type is None:
            raise InvalidTargetException(
                f"{address} must list the `architectures` of its `model`\n"
                'hint: `architectures=["Qwen3Model", "Qwen3ForCausalLM"]`; only those of an '
                "installed `model_type` are found by themselves"
            )
        resolve = PythonResolveField(template.get(PythonResolveField.alias), address)
        requirement = await Get(
            ParentsRequirement,
            ParentsRequirementRequest(None, resolve.normalized_value(python_setup)),
        )
        architectures = await Get(
            Architectures, ArchitecturesRequest(model_type, requirement, address.spec)
        )
        names = architectures.names

    def suffixed(
        field: type[FixtureRepoIdField] | type[FixturePublishToField], name: str
    ) -> dict[str, Any]:
        value = generator[field].value
        return {} if value is None else {field.alias: f"{value}-{name}"}

    return GeneratedTargets(
        generator,
        [
            TinyFixtureTarget(
                {
                    **template,
                    **suffixed(FixtureRepoIdField, name),
                    **suffixed(FixturePublishToField, name),
                    FixtureArchitecturesField.alias: [name],
                },
                address.create_generated(name),
                union_membership,
            )
            for name in names
        ],
    )


def rules() -> Iterable[Rule | UnionRule]:
    return (
        *collect_rules(),
        UnionRule(GenerateTargetsRequest, GenerateTinyFixturesRequest),
    )
