from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from pants.backend.python.subsystems.setup import PythonSetup
from pants.backend.python.target_types import PythonSourceField
from pants.backend.python.util_rules.pex import VenvPex, VenvPexRequest
from pants.backend.python.util_rules.pex_environment import PexEnvironment
from pants.core.goals.fix import FixResult, FixTargetsRequest
from pants.core.goals.fmt import FmtResult, FmtTargetsRequest
from pants.core.goals.lint import LintResult, LintTargetsRequest
from pants.core.util_rules.partitions import PartitionerType
from pants.core.util_rules.source_files import SourceFiles, SourceFilesRequest
from pants.engine.fs import Digest, MergeDigests, PathGlobs, Snapshot
from pants.engine.process import FallibleProcessResult, Process
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.target import FieldSet
from pants.engine.unions import UnionRule
from pants.option.option_types import SkipOption
from pants.option.subsystem import Subsystem
from pants.util.logging import LogLevel
from pants.util.meta import classproperty
from pants.util.strutil import pluralize

from rules_transformers.modular.subsystem import ModularConverter
from rules_transformers.util_rules.pants_versions import SkippableSubsystem, without_chroot_paths

CONFIG_FILE = "ruff.toml"


class Ruff(Subsystem):
    options_scope = "ruff"
    name = "ruff"
    help = "Formats and lints Python."

    skip = SkipOption("fmt", "fix", "lint")


@dataclass(frozen=True)
class RuffFieldSet(FieldSet):
    required_fields = (PythonSourceField,)

    source: PythonSourceField


class RuffFormatRequest(FmtTargetsRequest):
    field_set_type = RuffFieldSet
    tool_subsystem: ClassVar[SkippableSubsystem] = Ruff
    partitioner_type = PartitionerType.DEFAULT_SINGLE_PARTITION

    @classproperty
    def tool_name(cls) -> str:
        return "ruff format"

    @classproperty
    def tool_id(cls) -> str:
        return "ruff-format"


class RuffFixRequest(FixTargetsRequest):
    field_set_type = RuffFieldSet
    tool_subsystem: ClassVar[SkippableSubsystem] = Ruff
    partitioner_type = PartitionerType.DEFAULT_SINGLE_PARTITION

    @classproperty
    def tool_name(cls) -> str:
        return "ruff check --fix"

    @classproperty
    def tool_id(cls) -> str:
        return "ruff-fix"


class RuffCheckRequest(LintTargetsRequest):
    field_set_type = RuffFieldSet
    tool_subsystem: ClassVar[SkippableSubsystem] = Ruff
    partitioner_type = PartitionerType.DEFAULT_SINGLE_PARTITION

    @classproperty
    def tool_name(cls) -> str:
        return "ruff check"

    @classproperty
    def tool_id(cls) -> str:
        return "ruff-check"


@dataclass(frozen=True)
class _RunRuff:
    command: tuple[str, ...]
    snapshot: Snapshot


@rule
async def run_ruff(
    request: _RunRuff,
    converter: ModularConverter,
    python_setup: PythonSetup,
    pex_environment: PexEnvironment,
) -> FallibleProcessResult:
    pex, config = await MultiGet(
        Get(
            VenvPex,
            VenvPexRequest(
                converter.pex_request(python_setup),
                pex_environment.in_sandbox(working_directory=None),
                bin_names=("ruff",),
            ),
        ),
        Get(Digest, PathGlobs([CONFIG_FILE])),
    )
    digest = await Get(Digest, MergeDigests((pex.digest, config, request.snapshot.digest)))
    return await Get(
        FallibleProcessResult,
        Process(
            argv=(
                pex.bin["ruff"].argv0,
                *request.command,
                "--no-cache",
                f"--config={CONFIG_FILE}",
                *request.snapshot.files,
            ),
            input_digest=digest,
            append_only_caches=pex_environment.in_sandbox(
                working_directory=None
            ).append_only_caches,
            output_files=request.snapshot.files,
            description=(
                f"Run ruff {' '.join(request.command)} on "
                f"{pluralize(len(request.snapshot.files), 'file')}"
            ),
        ),
    )


@rule(desc="Format with ruff", level=LogLevel.DEBUG)
async def ruff_format(request: RuffFormatRequest.Batch) -> FmtResult:
    result = await Get(FallibleProcessResult, _RunRuff(("format",), request.snapshot))
    return await FmtResult.create(request, result, **without_chroot_paths())


@rule(desc="Fix with ruff", level=LogLevel.DEBUG)
async def ruff_fix(request: RuffFixRequest.Batch) -> FixResult:
    result = await Get(FallibleProcessResult, _RunRuff(("check", "--fix-only"), request.snapshot))
    return await FixResult.create(request, result, **without_chroot_paths())


@rule(desc="Lint with ruff", level=LogLevel.DEBUG)
async def ruff_check(request: RuffCheckRequest.Batch[RuffFieldSet, Any]) -> LintResult:
    sources = await Get(
        SourceFiles, SourceFilesRequest(field_set.source for field_set in request.elements)
    )
    result = await Get(FallibleProcessResult, _RunRuff(("check",), sources.snapshot))
    return LintResult.create(request, result, **without_chroot_paths())


def rules() -> Iterable[Rule | UnionRule]:
    return (
        *collect_rules(),
        *RuffFormatRequest.rules(),
        *RuffFixRequest.rules(),
        *RuffCheckRequest.rules(),
    )
