"""Converts one modular file; its parents in the repository are converted first."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pants.backend.python.subsystems.setup import PythonSetup
from pants.backend.python.util_rules.pex import PexRequest, VenvPex, VenvPexProcess
from pants.engine.engine_aware import EngineAwareParameter
from pants.engine.fs import (
    EMPTY_DIGEST,
    EMPTY_SNAPSHOT,
    Digest,
    DigestSubset,
    MergeDigests,
    PathGlobs,
    RemovePrefix,
    Snapshot,
)
from pants.engine.process import FallibleProcessResult, Process
from pants.engine.rules import Get, MultiGet, collect_rules, rule
from pants.util.frozendict import FrozenDict

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
from rules_transformers.modular.request import (
    OUTPUT_DIR,
    PARENTS_DIR,
    REQUEST_FILE,
    ConverterInput,
    ConverterRequest,
)
from rules_transformers.modular.subsystem import PACKAGE, ModularConverter
from rules_transformers.tool_sources import SANDBOX_DIR, ToolSources, ToolSourcesRequest

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


@dataclass(frozen=True)
class _ConverterProcessRequest:
    field_set: ModularFieldSet
    parent_paths: tuple[str, ...]
    converted_parents: tuple[Digest, ...]
    requirement: ParentsRequirement


class ConversionFailed(Exception):
    """A modular model could not be converted."""


@rule
async def convert(
    request: ConvertRequest, converter: ModularConverter, python_setup: PythonSetup
) -> Conversion:
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
    process = await Get(
        Process,
        _ConverterProcessRequest(
            field_set,
            parents.paths,
            tuple(conversion.snapshot.digest for conversion in converted_parents),
            requirement,
        ),
    )
    result = await Get(FallibleProcessResult, Process, process)
    messages = (result.stdout + result.stderr).decode(errors="replace").strip()
    report, output = await MultiGet(
        Get(Digest, DigestSubset(result.output_digest, PathGlobs([REPORT_FILE]))),
        Get(Digest, DigestSubset(result.output_digest, PathGlobs([f"{OUTPUT_DIR}/**"]))),
    )
    if result.exit_code != 0:
        return Conversion(EMPTY_SNAPSHOT, result.exit_code, messages, report)
    snapshot = await Get(Snapshot, RemovePrefix(output, OUTPUT_DIR))
    return Conversion(snapshot, 0, messages, report)


@rule
async def make_converter_process(
    request: _ConverterProcessRequest, converter: ModularConverter
) -> Process:
    has_installed_parents = request.requirement.value is not None
    pex, tool_sources, converter_input = await MultiGet(
        Get(VenvPex, PexRequest, converter.pex_request()),
        Get(ToolSources, ToolSourcesRequest(PACKAGE)),
        Get(
            ConverterInput,
            ConverterRequest((request.field_set,), request.parent_paths, has_installed_parents),
        ),
    )
    digest = await Get(
        Digest,
        MergeDigests((tool_sources.digest, converter_input.digest, *request.converted_parents)),
    )
    process = await Get(
        Process,
        VenvPexProcess(
            pex,
            argv=(
                "-m",
                PACKAGE,
                "convert",
                f"--request={REQUEST_FILE}",
                "--quiet",
                f"--sarif={REPORT_FILE}",
            ),
            input_digest=digest,
            extra_env={"PEX_EXTRA_SYS_PATH": SANDBOX_DIR},
            output_directories=(OUTPUT_DIR,),
            output_files=(REPORT_FILE,),
            description=f"Convert {request.field_set.path}",
        ),
    )
    if not has_installed_parents:
        return process
    parent_sources = await Get(ParentSources, ParentsRequirement, request.requirement)
    # Laid out once for all sandboxes: there are thousands of these files.
    return replace(
        process, immutable_input_digests=FrozenDict({PARENTS_DIR: parent_sources.digest})
    )


def rules():
    return collect_rules()
