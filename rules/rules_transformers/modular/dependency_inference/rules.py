"""Infers what a modular file imports: its parents, and what its generated files need."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pants.backend.python.dependency_inference.parse_python_dependencies import (
    ParsedPythonDependencies,
    ParsePythonDependenciesRequest,
)
from pants.backend.python.dependency_inference.rules import (
    InferInitDependencies,
    InitDependenciesInferenceFieldSet,
    PythonImportDependenciesInferenceFieldSet,
    ResolvedParsedPythonDependencies,
    ResolvedParsedPythonDependenciesRequest,
)
from pants.backend.python.subsystems.setup import PythonSetup
from pants.backend.python.target_types import (
    InterpreterConstraintsField,
    PythonResolveField,
    PythonSourceField,
)
from pants.base.exceptions import IntrinsicError
from pants.core.util_rules.source_files import SourceFiles, SourceFilesRequest
from pants.engine.process import ProcessExecutionFailure
from pants.engine.rules import Get, Rule, collect_rules, rule
from pants.engine.target import (
    FieldSet,
    InferDependenciesRequest,
    InferredDependencies,
    InvalidFieldException,
)
from pants.engine.unions import UnionRule
from pants.util.logging import LogLevel

from rules_transformers.modular.field_set import AllModularFieldSets
from rules_transformers.modular.target_types import ModularDependenciesField, ModularSourceField
from rules_transformers.util_rules.pants_versions import constraints_of_fields, parses_many_files


@dataclass(frozen=True)
class ModularDependenciesInferenceFieldSet(FieldSet):
    required_fields = (ModularSourceField, ModularDependenciesField, PythonResolveField)

    source: ModularSourceField
    dependencies: ModularDependenciesField
    resolve: PythonResolveField


class InferModularDependencies(InferDependenciesRequest[ModularDependenciesInferenceFieldSet]):
    infer_from = ModularDependenciesInferenceFieldSet


async def _parse_imports(
    source: PythonSourceField,
    interpreter_constraints: InterpreterConstraintsField,
    field_set: ModularDependenciesInferenceFieldSet,
    python_setup: PythonSetup,
) -> Any:
    """The imports of a file, as Pants' own inference wants them."""
    arguments: tuple[Any, ...]
    if parses_many_files():
        arguments = (await Get(SourceFiles, SourceFilesRequest([source])),)
    else:
        constraints = constraints_of_fields(
            interpreter_constraints, field_set.resolve, python_setup
        )
        arguments = (source, constraints)
    parsed: Any = await Get(ParsedPythonDependencies, ParsePythonDependenciesRequest(*arguments))
    if parses_many_files():
        (parsed,) = parsed.path_to_deps.values()
    return parsed


@rule(desc="Infer the dependencies of modular models", level=LogLevel.DEBUG)
async def infer_modular_dependencies(
    request: InferModularDependencies,
    python_setup: PythonSetup,
    all_field_sets: AllModularFieldSets,
) -> InferredDependencies:
    field_set = request.field_set
    # Pants' own inference works on Python sources: the modular file is one, for this purpose only.
    source = PythonSourceField(field_set.source.value, field_set.address)
    interpreter_constraints = InterpreterConstraintsField(None, field_set.address)
    package_files = await Get(
        InferredDependencies,
        InferInitDependencies(
            InitDependenciesInferenceFieldSet(field_set.address, source, field_set.resolve)
        ),
    )
    try:
        parsed = await _parse_imports(source, interpreter_constraints, field_set, python_setup)
    except (IntrinsicError, InvalidFieldException, ProcessExecutionFailure):
        # A file that is missing or not UTF-8: converting it says so, and stops no other.
        return InferredDependencies(package_files.include)
    resolved = await Get(
        ResolvedParsedPythonDependencies,
        ResolvedParsedPythonDependenciesRequest(
            PythonImportDependenciesInferenceFieldSet(
                field_set.address,
                source,
                # Only its `!` entries are read.
                field_set.dependencies,  # type: ignore[arg-type]
                field_set.resolve,
                interpreter_constraints,
            ),
            parsed,
            field_set.resolve.normalized_value(python_setup),
        ),
    )
    owners = {address for result in resolved.resolve_results.values() for address in result.address}
    # A modular file that imports a sibling imports its own output, whichever target has it.
    own = {other.address for other in all_field_sets.of_file(field_set.source.file_path)}
    return InferredDependencies(sorted(owners.union(package_files.include) - own))


def rules() -> Iterable[Rule | UnionRule]:
    return (
        *collect_rules(),
        UnionRule(InferDependenciesRequest, InferModularDependencies),
    )
