"""The page and the summary of benchmarks' results."""

from __future__ import annotations

from dataclasses import dataclass

from pants.engine.fs import AddPrefix, Digest, RemovePrefix
from pants.engine.process import FallibleProcessResult, Process
from pants.engine.rules import Get, collect_rules, rule

from rules_transformers.benchmark.judging import BenchToolRequest
from rules_transformers.tool_process import ToolRun

_INPUT_DIR = "__results"
_OUTPUT_DIR = "__report"


@dataclass(frozen=True)
class BenchmarkReportRequest:
    """Asks for a report on results.

    :param about: whose, for messages.
    :param files: the directories that benchmarks wrote.
    """

    about: str
    files: Digest


@dataclass(frozen=True)
class BenchmarkReport:
    """`index.html` and `summary.md`."""

    digest: Digest


class ReportFailed(Exception):
    """A report could not be written."""


@rule
async def make_report(request: BenchmarkReportRequest) -> BenchmarkReport:
    process = await Get(
        Process,
        BenchToolRequest(
            arguments=("report", _INPUT_DIR, f"--output={_OUTPUT_DIR}"),
            files=await Get(Digest, AddPrefix(request.files, _INPUT_DIR)),
            output_directories=(_OUTPUT_DIR,),
            description=f"Report on {request.about}",
        ),
    )
    result = await Get(FallibleProcessResult, ToolRun(process))
    if result.exit_code != 0:
        messages = (result.stdout + result.stderr).decode(errors="replace").strip()
        raise ReportFailed(f"No report on {request.about} could be written\n{messages}")
    return BenchmarkReport(await Get(Digest, RemovePrefix(result.output_digest, _OUTPUT_DIR)))


def rules():
    return collect_rules()
