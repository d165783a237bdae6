"""Which files each modular file generates, known without converting it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pants.backend.python.subsystems.setup import PythonSetup
from pants.backend.python.util_rules.interpreter_constraints import InterpreterConstraints
from pants.backend.python.util_rules.pex_environment import PythonExecutable
from pants.engine.addresses import Address
from pants.engine.internals.native_engine import IntrinsicError
from pants.engine.process import FallibleProcessResult, Process, ProcessExecutionFailure
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.unions import UnionRule
from pants.util.frozendict import FrozenDict
from pants.util.logging import LogLevel
from pants.util.strutil import pluralize

from rules_transformers.modular.field_set import AllModularFieldSets, ModularFieldSet
from rules_transformers.modular.file_types import FILE_TYPES, generated_path
from rules_transformers.modular.subsystem import ModularConverter
from rules_transformers.modular.util_rules.library_sources import (
    ParentSources,
    ParentSourcesRequest,
    ParentsRequirement,
    ParentsRequirementRequest,
)
from rules_transformers.modular.util_rules.request import (
    PARENTS_DIR,
    ConverterInput,
    ConverterRequest,
)
from rules_transformers.util_rules.buckets import buckets
from rules_transformers.util_rules.tool_commands import OUTLINE
from rules_transformers.util_rules.tool_interpreters import tool_interpreters
from rules_transformers.util_rules.tool_process import REQUEST_FILE, ToolProcess
from rules_transformers.util_rules.tool_run import ToolRun

# Of modular files in one process. A change in one outlines all of these again, and each process
# starts Python: that takes as long as outlining five files.
CAPACITY = 32


class GeneratedPaths(FrozenDict[Address, tuple[str, ...]]):
    """The paths that each modular model of the repository generates, by its address."""


@dataclass(frozen=True)
class OutlineRequest:
    """Asks for the paths that these models generate, whether or not they have a target."""

    field_sets: tuple[ModularFieldSet, ...]


class OutlinedPaths(FrozenDict[Address, tuple[str, ...]]):
    """The paths that each model of an `OutlineRequest` generates, by its address."""


class _Outline(FrozenDict[str, tuple[str, ...]]):
    """What one process finds: the paths that each modular file can generate, by its own path."""


@dataclass(frozen=True)
class _OutlineRequest:
    """Models whose parents come from the same distribution; several may be of one file."""

    field_sets: tuple[ModularFieldSet, ...]
    parents: ParentsRequirement


@rule(desc="Find the files that modular models generate", level=LogLevel.DEBUG)
async def find_generated_paths(
    converter: ModularConverter, python_setup: PythonSetup
) -> GeneratedPaths:
    try:
        # A new daemon looks for an interpreter for seconds: while it reads the BUILD files.
        field_sets, _ = await MultiGet(
            Get(AllModularFieldSets),
            Get(
                PythonExecutable, InterpreterConstraints, tool_interpreters(converter, python_setup)
            ),
        )
    except (IntrinsicError, ProcessExecutionFailure):
        # The first process that needs one says so; without modular models, there is none.
        field_sets = await Get(AllModularFieldSets)
    return GeneratedPaths(await Get(OutlinedPaths, OutlineRequest(tuple(field_sets))))


@rule
async def outline_by_distribution(
    request: OutlineRequest, python_setup: PythonSetup
) -> OutlinedPaths:
    requirements = await MultiGet(
        Get(ParentsRequirement, ParentsRequirementRequest.create(field_set, python_setup))
        for field_set in request.field_sets
    )
    by_requirement = defaultdict(list)
    for field_set, requirement in zip(request.field_sets, requirements):
        by_requirement[requirement].append(field_set)
    groups = [
        _OutlineRequest(members, requirement)
        for requirement, field_sets in by_requirement.items()
        for members in outline_groups(field_sets)
    ]
    outlined = await MultiGet(Get(_Outline, _OutlineRequest, group) for group in groups)
    return OutlinedPaths(
        (
            field_set.address,
            tuple(path for path in paths[field_set.path] if field_set.asks_for(path)),
        )
        for group, paths in zip(groups, outlined)
        for field_set in group.field_sets
    )


def outline_groups(field_sets: Iterable[ModularFieldSet]) -> list[tuple[ModularFieldSet, ...]]:
    """The models that are outlined in one process: those of one file are together."""
    of_path = defaultdict(list)
    for field_set in sorted(field_sets, key=lambda field_set: field_set.address):
        of_path[field_set.path].append(field_set)
    return [
        tuple(field_set for path in sorted(paths) for field_set in of_path[path])
        for paths in buckets({path: (path,) for path in of_path}, CAPACITY)
    ]


@rule
async def outline_modular_files(
    request: _OutlineRequest, converter: ModularConverter, python_setup: PythonSetup
) -> _Outline:
    # Without its parents, a file has an outline all the same; converting it reports what is wrong.
    installed = (
        await Get(ParentSources, ParentSourcesRequest(request.parents))
        if request.parents.value is not None
        else None
    )
    has_parents = installed is not None and not installed.problem
    converter_input = await Get(
        ConverterInput, ConverterRequest(request.field_sets, (), has_parents)
    )
    process = await Get(
        Process,
        ToolProcess(
            OUTLINE,
            (f"--request={REQUEST_FILE}",),
            tool_interpreters(converter, python_setup),
            (converter_input.sources,),
            f"Outline {pluralize(len(request.field_sets), 'modular model')}",
            request=converter_input.request,
            immutable_inputs=(
                FrozenDict({PARENTS_DIR: installed.digest})
                if installed is not None and has_parents
                else FrozenDict()
            ),
            level=LogLevel.DEBUG,
        ),
    )
    result = await Get(FallibleProcessResult, ToolRun(process))
    if result.exit_code != 0:
        # It is about the options or the library: converting any of these models says so.
        return _Outline(
            (field_set.path, _all_paths(field_set.path)) for field_set in request.field_sets
        )
    return _Outline(
        (entry["path"], _paths(entry)) for entry in json.loads(result.stdout)["modulars"]
    )


def _paths(entry: dict[str, Any]) -> tuple[str, ...]:
    """The paths in an outline's entry.

    A modular file that cannot be parsed counts as the owner of every file that it might generate,
    so that its dependents report the error in it and not a missing module.
    """
    if entry.get("error"):
        return _all_paths(entry["path"])
    return tuple(output["path"] for output in entry["outputs"])


def _all_paths(modular: str) -> tuple[str, ...]:
    return tuple(generated_path(modular, kind) for kind in FILE_TYPES)


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
