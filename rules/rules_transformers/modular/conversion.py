"""Converts one modular file; its parents in the repository are converted first."""

from __future__ import annotations

from dataclasses import dataclass

from pants.backend.python.subsystems.setup import PythonSetup
from pants.engine.engine_aware import EngineAwareParameter
from pants.engine.fs import (
    EMPTY_DIGEST,
    EMPTY_SNAPSHOT,
    Digest,
    DigestSubset,
    PathGlobs,
    RemovePrefix,
    Snapshot,
)
from pants.engine.process import FallibleProcessResult, Process
from pants.engine.rules import Get, MultiGet, collect_rules, rule

from rules_transformers.modular.converter_process import ConverterProcessRequest
from rules_transformers.modular.field_set import ModularFieldSet
from rules_transformers.modular.ownership import OwnershipConflicts
from rules_transformers.modular.parent_sources import (
    ParentSources,
    ParentsRequirement,
    ParentsRequirementRequest,
)
from rules_transformers.modular.parents import (
    ConversionOrder,
    ConversionOrderRequest,
    ModularCycle,
    ModularParents,
    ModularParentsRequest,
)
from rules_transformers.modular.request import OUTPUT_DIR
from rules_transformers.tool_process import ToolRun

WRONG_INPUT = 2
REPORT_FILE = "__findings.sarif"


@dataclass(frozen=True)
class ConvertRequest(EngineAwareParameter):
    """Asks for the generated files of one modular model."""

    field_set: ModularFieldSet

    def debug_hint(self) -> str:
        return self.field_set.address.spec


@dataclass(frozen=True)
class Conversion:
    """What converting one modular model gave.

    :param snapshot: the generated files, at their places in the repository; empty on failure.
    :param exit_code: the converter's exit code.
    :param messages: the errors and warnings that the converter found.
    :param report: these as a SARIF log, in a file called `REPORT_FILE`.
    """

    snapshot: Snapshot
    exit_code: int
    messages: str
    report: Digest = EMPTY_DIGEST


class ConversionFailed(Exception):
    """A modular model could not be converted."""


@rule
async def convert(request: ConvertRequest, python_setup: PythonSetup) -> Conversion:
    field_set = request.field_set
    conflicts, order = await MultiGet(
        Get(OwnershipConflicts),
        Get(ConversionOrder, ConversionOrderRequest((field_set,))),
    )
    if field_set.path in conflicts:
        return Conversion(EMPTY_SNAPSHOT, WRONG_INPUT, conflicts[field_set.path])
    if order.cycle:
        raise ModularCycle(order.cycle_message)
    parents, requirement = await MultiGet(
        Get(ModularParents, ModularParentsRequest(field_set)),
        Get(ParentsRequirement, ParentsRequirementRequest.create(field_set, python_setup)),
    )
    converted_parents = await MultiGet(
        Get(Conversion, ConvertRequest(parent)) for parent in parents.generated
    )
    for parent, conversion in zip(parents.generated, converted_parents):
        if conversion.exit_code != 0:
            return Conversion(
                EMPTY_SNAPSHOT,
                conversion.exit_code,
                f"{field_set.path}: not converted, because its parent {parent.path} was not",
            )
    installed = (
        (await Get(ParentSources, ParentsRequirement, requirement)).digest
        if requirement.value is not None
        else None
    )
    process = await Get(
        Process,
        ConverterProcessRequest(
            command="convert",
            arguments=("--quiet", f"--sarif={REPORT_FILE}"),
            field_sets=(field_set,),
            parent_paths=parents.paths,
            files=tuple(conversion.snapshot.digest for conversion in converted_parents),
            installed_parents=installed,
            description=f"Convert {field_set.path}",
            output_directories=(OUTPUT_DIR,),
            output_files=(REPORT_FILE,),
        ),
    )
    result = await Get(FallibleProcessResult, ToolRun(process))
    messages = (result.stdout + result.stderr).decode(errors="replace").strip()
    report, output = await MultiGet(
        Get(Digest, DigestSubset(result.output_digest, PathGlobs([REPORT_FILE]))),
        Get(Digest, DigestSubset(result.output_digest, PathGlobs([f"{OUTPUT_DIR}/**"]))),
    )
    if result.exit_code != 0:
        return Conversion(EMPTY_SNAPSHOT, result.exit_code, messages, report)
    snapshot = await Get(Snapshot, RemovePrefix(output, OUTPUT_DIR))
    return Conversion(snapshot, 0, messages, report)


def rules():
    return collect_rules()
