"""The page and the summary of benchmarks' results."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from pants.engine.fs import (
    EMPTY_DIGEST,
    AddPrefix,
    Digest,
    GlobMatchErrorBehavior,
    MergeDigests,
    PathGlobs,
    RemovePrefix,
    Snapshot,
)
from pants.engine.process import FallibleProcessResult, Process
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.unions import UnionRule

from rules_transformers.gpu_benchmark.subsystem import GpuBenchmark
from rules_transformers.gpu_benchmark.util_rules.judge import BenchToolRequest
from rules_transformers.util_rules.tool_commands import REPORT
from rules_transformers.util_rules.tool_run import ToolRun

logger = logging.getLogger(__name__)

_INPUT_DIR = "__results"
_OUTPUT_DIR = "__report"


@dataclass(frozen=True)
class BenchmarkReportRequest:
    """Asks for a report on results.

    :param about: whose, for messages.
    :param files: the directories that benchmarks wrote.
    :param goodput_limits: limits such as `per_token=20ms`, of requests under load.
    """

    about: str
    files: Digest
    goodput_limits: tuple[str, ...] = ()


@dataclass(frozen=True)
class BenchmarkReport:
    """`index.html` and `summary.md`, unless nothing can be shown."""

    digest: Digest


@rule
async def report_on_benchmarks(
    request: BenchmarkReportRequest, benchmark: GpuBenchmark
) -> BenchmarkReport:
    peaks, results = await MultiGet(
        Get(
            Snapshot,
            PathGlobs(
                benchmark.peaks,
                glob_match_error_behavior=GlobMatchErrorBehavior.error,
                description_of_origin="`[gpu-bench].peaks`",
            ),
        ),
        Get(Digest, AddPrefix(request.files, _INPUT_DIR)),
    )
    process = await Get(
        Process,
        BenchToolRequest(
            command=REPORT,
            arguments=(
                _INPUT_DIR,
                f"--output={_OUTPUT_DIR}",
                *(f"--goodput-limit={limit}" for limit in request.goodput_limits),
                *(f"--peaks={path}" for path in peaks.files),
            ),
            files=await Get(Digest, MergeDigests((results, peaks.digest))),
            output_directories=(_OUTPUT_DIR,),
            description=f"Report on {request.about}",
        ),
    )
    result = await Get(FallibleProcessResult, ToolRun(process))
    if result.exit_code != 0:
        # What can be shown is there nevertheless, and no other benchmark is lost for it.
        messages = (result.stdout + result.stderr).decode(errors="replace").strip()
        messages = messages.replace(f"{_INPUT_DIR}/", "")
        logger.warning(f"The report on {request.about} is not complete\n{messages}")
        if result.output_digest == EMPTY_DIGEST:
            return BenchmarkReport(EMPTY_DIGEST)
    return BenchmarkReport(await Get(Digest, RemovePrefix(result.output_digest, _OUTPUT_DIR)))


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
