"""Gives the fresh generated files to whoever depends on a modular model."""

from __future__ import annotations

from pants.backend.python.target_types import PythonSourceField
from pants.engine.rules import Get, collect_rules, rule
from pants.engine.target import GeneratedSources, GenerateSourcesRequest, SourcesField
from pants.engine.unions import UnionRule
from pants.util.logging import LogLevel

from rules_transformers.modular.conversion import (
    Conversion,
    ConversionFailed,
    Conversions,
    ConversionsRequest,
)
from rules_transformers.modular.field_set import AllModularFieldSets, ModularFieldSet
from rules_transformers.modular.shared_files import ModelFiles, ModelFilesRequest
from rules_transformers.modular.target_types import ModularSourceField


class GeneratePythonFromModularRequest(GenerateSourcesRequest):
    input = ModularSourceField
    output = PythonSourceField
    exportable = False


class ExportedModularField(SourcesField):
    """What `export-codegen` writes for a modular model. No target has this field."""


class ExportPythonFromModularRequest(GenerateSourcesRequest):
    """As above, for `export-codegen` alone: it lays the files of all targets into one tree."""

    input = ModularSourceField
    output = ExportedModularField


@rule(desc="Generate Python from a modular model", level=LogLevel.DEBUG)
async def generate_python_from_modular(
    request: GeneratePythonFromModularRequest,
) -> GeneratedSources:
    field_set = ModularFieldSet.create(request.protocol_target)
    files = await Get(ModelFiles, ModelFilesRequest(field_set))
    return GeneratedSources(_converted(field_set, files.conversion).snapshot)


@rule(desc="Export Python from a modular model")
async def export_python_from_modular(
    request: ExportPythonFromModularRequest, all_field_sets: AllModularFieldSets
) -> GeneratedSources:
    field_set = ModularFieldSet.create(request.protocol_target)
    of_one_file = tuple(other for other in all_field_sets if other.path == field_set.path)
    conversions = await Get(Conversions, ConversionsRequest(of_one_file))
    conversion = conversions[of_one_file.index(field_set)]
    return GeneratedSources(_converted(field_set, conversion).snapshot)


def _converted(field_set: ModularFieldSet, conversion: Conversion) -> Conversion:
    """The conversion, if there is one. Raises ConversionFailed."""
    if conversion.exit_code != 0:
        raise ConversionFailed(f"{field_set.path} cannot be converted\n{conversion.messages}")
    return conversion


def rules():
    return (
        *collect_rules(),
        UnionRule(GenerateSourcesRequest, GeneratePythonFromModularRequest),
        UnionRule(GenerateSourcesRequest, ExportPythonFromModularRequest),
    )
