"""Gives the fresh generated files to whoever depends on a modular model."""

from __future__ import annotations

from pants.backend.python.target_types import PythonSourceField
from pants.engine.rules import Get, collect_rules, rule
from pants.engine.target import GeneratedSources, GenerateSourcesRequest
from pants.engine.unions import UnionRule
from rules_transformers.modular.field_set import ModularFieldSet
from rules_transformers.modular.target_types import ModularSourceField

from rules_transformers.modular.conversion import Conversion, ConversionFailed, ConvertRequest


class GeneratePythonFromModularRequest(GenerateSourcesRequest):
    input = ModularSourceField
    output = PythonSourceField


@rule(desc="Generate Python from a modular model")
async def generate_python_from_modular(
    request: GeneratePythonFromModularRequest,
) -> GeneratedSources:
    field_set = ModularFieldSet.create(request.protocol_target)
    conversion = await Get(Conversion, ConvertRequest(field_set))
    if conversion.exit_code != 0:
        raise ConversionFailed(f"{field_set.path} cannot be converted\n{conversion.messages}")
    return GeneratedSources(conversion.snapshot)


def rules():
    return (
        *collect_rules(),
        UnionRule(GenerateSourcesRequest, GeneratePythonFromModularRequest),
    )
