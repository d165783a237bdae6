"""The sources of parents that live in an installed distribution."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from pants.backend.python.subsystems.setup import PythonSetup
from pants.engine.fs import EMPTY_DIGEST, Digest, DigestContents, PathGlobs
from pants.engine.process import ProcessExecutionFailure
from pants.engine.rules import Get, Rule, collect_rules, rule
from pants.engine.unions import UnionRule

from rules_transformers.modular.field_set import ModularFieldSet
from rules_transformers.modular.subsystem import ModularConverter
from rules_transformers.util_rules.distribution_sources import (
    DistributionSources,
    DistributionSourcesRequest,
)
from rules_transformers.util_rules.lockfile_pins import pinned_requirement
from rules_transformers_contract.file_types import FILE_TYPES

# Parents, the names of models and their config classes, and the release.
READ_BY_CONVERSIONS = (
    *(f"*/models/**/{kind}_*.py" for kind in FILE_TYPES),
    "*/models/auto/*.py",
    "*/__init__.py",
)

# Parents in the distribution may be generated too; their modular files say what from.
READ_WITH_MODULARS = (*READ_BY_CONVERSIONS, "*/models/**/modular_*.py")

_VERSIONS = re.compile(r" \(from versions: [^)]*\)")


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
    """The pinned distribution that holds the parents.

    :param value: the requirement, or None if the target's resolve has no such distribution.
    :param interpreter_constraints: those of the resolve.
    """

    value: str | None
    interpreter_constraints: tuple[str, ...]


@dataclass(frozen=True)
class ParentSourcesRequest:
    """Asks for the model sources of a distribution.

    A type of its own: a requirement is the result of a rule, too, and Pants would solve everything
    below for both of its origins when it starts.
    """

    requirement: ParentsRequirement


@dataclass(frozen=True)
class ParentSources:
    """The model sources of a distribution, e.g. at `transformers/models/…` in the digest.

    :param problem: why there are none, for messages; empty if there are some. An exception
        would stop the models that have other parents, too.
    """

    digest: Digest
    problem: str = ""


@rule
async def find_parents_requirement(
    request: ParentsRequirementRequest, converter: ModularConverter, python_setup: PythonSetup
) -> ParentsRequirement:
    interpreter_constraints = python_setup.resolves_to_interpreter_constraints.get(
        request.resolve, python_setup.interpreter_constraints
    )
    if request.parents is not None:
        return ParentsRequirement(request.parents, interpreter_constraints)
    if not python_setup.enable_resolves:
        return ParentsRequirement(None, interpreter_constraints)
    lockfile_path = python_setup.resolves[request.resolve]
    contents = await Get(DigestContents, PathGlobs([lockfile_path]))
    return ParentsRequirement(
        pinned_requirement(contents[0].content.decode(), converter.parents_distribution)
        if contents
        else None,
        interpreter_constraints,
    )


@rule
async def collect_parent_sources(request: ParentSourcesRequest) -> ParentSources:
    requirement = request.requirement
    assert requirement.value is not None, "there is nothing to collect without a distribution"
    try:
        sources = await Get(
            DistributionSources,
            DistributionSourcesRequest(
                requirement.value, requirement.interpreter_constraints, READ_BY_CONVERSIONS
            ),
        )
    except ProcessExecutionFailure as failure:
        return ParentSources(
            EMPTY_DIGEST,
            f"{requirement.value}, which holds the parents, cannot be fetched:\n"
            f"{reason_of(failure.stderr.decode(errors='replace'))}\n"
            "hint: check the requirement in the `parents` field or in the lockfile of the "
            "`resolve`, and the index that pip uses",
        )
    if not sources.files:
        return ParentSources(
            EMPTY_DIGEST,
            f"{requirement.value} has no model sources: expected <package>/models/<model>/"
            "modeling_<model>.py and the like\n"
            "hint: name the distribution of the parents in the `parents` field, or in "
            "`[modular-converter].parents_distribution`",
        )
    return ParentSources(sources.digest)


def reason_of(text: str) -> str:
    """Why pip failed, from pex's messages: without its command and the list of all releases."""
    errors = [line for line in text.splitlines() if line.startswith("ERROR: ")]
    lines = errors or text.strip().splitlines()[-1:]
    return "\n".join(_VERSIONS.sub("", line.removeprefix("ERROR: ")) for line in lines)


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
