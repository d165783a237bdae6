"""Gives the fresh generated files to what depends on a modular model."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from pants.backend.python.target_types import PythonSourceField
from pants.engine.fs import CreateDigest, FileContent, Snapshot
from pants.engine.rules import Get, Rule, collect_rules, rule
from pants.engine.target import GeneratedSources, GenerateSourcesRequest, SourcesField
from pants.engine.unions import UnionRule
from pants.util.logging import LogLevel

from rules_transformers.modular.field_set import AllModularFieldSets, ModularFieldSet
from rules_transformers.modular.target_types import ModularSourceField
from rules_transformers.modular.util_rules.convert import (
    Conversion,
    ConversionFailed,
    Conversions,
    ConversionsRequest,
)
from rules_transformers.modular.util_rules.outline import GeneratedPaths
from rules_transformers.modular.util_rules.shared_files import ModelFiles, ModelFilesRequest
from rules_transformers.util_rules.run_goals import RunGoals

logger = logging.getLogger(__name__)


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
    request: GeneratePythonFromModularRequest, generated: GeneratedPaths, goals: RunGoals
) -> GeneratedSources:
    field_set = ModularFieldSet.create(request.protocol_target)
    files = await Get(ModelFiles, ModelFilesRequest(field_set))
    try:
        return GeneratedSources(_converted(field_set, files.conversion).snapshot)
    except ConversionFailed as error:
        if not goals.only_judge:
            raise
        # An exception here would end the run, with the tests of all other models.
        logger.error(str(error))
        stand_ins = _stand_ins(generated.get(field_set.address, ()), str(error))
        return GeneratedSources(await Get(Snapshot, CreateDigest(stand_ins)))


@rule(desc="Export Python from a modular model", level=LogLevel.DEBUG)
async def export_python_from_modular(
    request: ExportPythonFromModularRequest, all_field_sets: AllModularFieldSets
) -> GeneratedSources:
    field_set = ModularFieldSet.create(request.protocol_target)
    of_one_file = all_field_sets.of_file(field_set.path)
    conversions = await Get(Conversions, ConversionsRequest(of_one_file))
    conversion = conversions[of_one_file.index(field_set)]
    return GeneratedSources(_converted(field_set, conversion).snapshot)


def _stand_ins(paths: Iterable[str], message: str) -> list[FileContent]:
    """Modules that fail when a test imports them, and do so with any way of importing."""
    # Not an ImportError, which `pytest.importorskip` takes for a reason to skip.
    content = f"raise RuntimeError({message!r})\n".encode()
    return [FileContent(path, content) for path in paths]


def _converted(field_set: ModularFieldSet, conversion: Conversion) -> Conversion:
    """The conversion, if there is one. Raises ConversionFailed."""
    if conversion.exit_code != 0:
        raise ConversionFailed(f"{field_set.path} cannot be converted\n{conversion.whole_story}")
    return conversion


def rules() -> Iterable[Rule | UnionRule]:
    return (
        *collect_rules(),
        UnionRule(GenerateSourcesRequest, GeneratePythonFromModularRequest),
        UnionRule(GenerateSourcesRequest, ExportPythonFromModularRequest),
    )
