"""Compares the measurement of a benchmark with its baseline; needs no accelerator."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from pants.backend.python.subsystems.setup import PythonSetup
from pants.engine.fs import (
    AddPrefix,
    CreateDigest,
    Digest,
    DigestContents,
    DigestSubset,
    Directory,
    FileContent,
    MergeDigests,
    PathGlobs,
)
from pants.engine.process import FallibleProcessResult, Process
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.unions import UnionRule
from pants.util.docutil import bin_name
from pants.util.frozendict import FrozenDict
from pants.util.logging import LogLevel

from rules_transformers.gpu_benchmark.field_set import GpuBenchmarkFieldSet
from rules_transformers.gpu_benchmark.subsystem import GpuBenchmark
from rules_transformers.gpu_benchmark.util_rules.measure import RESULT_FILE
from rules_transformers.util_rules.tool_commands import COMPARE, ToolCommand
from rules_transformers.util_rules.tool_process import ToolProcess
from rules_transformers.util_rules.tool_run import ToolRun
from rules_transformers_contract.exit_codes import ExitCode

VERDICT_FILE = "verdict.json"
_JUNIT_FILE = "junit.xml"


class Decision(Enum):
    """A verdict, as the tool names it."""

    faster = "faster"
    same = "same"
    slower = "slower"
    wrong_output = "wrong_output"
    inconclusive = "inconclusive"
    no_baseline = "no_baseline"

    @property
    def exit_code(self) -> int:
        """What a test with this verdict ends with, unless it is an open question."""
        return ExitCode.ANSWER_IS_NO if self in (Decision.slower, Decision.wrong_output) else 0


@dataclass(frozen=True)
class BenchToolRequest:
    """Asks for a process of `gpu_bench` that needs neither a model nor an accelerator.

    :param files: what it reads.
    """

    command: ToolCommand
    arguments: tuple[str, ...]
    files: Digest
    description: str
    output_files: tuple[str, ...] = ()
    output_directories: tuple[str, ...] = ()


@dataclass(frozen=True)
class JudgeRequest:
    """Asks what measurements say beside their baseline.

    :param results: the outputs of each round that it was measured in.
    :param in_turn: whether they have both sides of a comparison, and no baseline is needed.
    """

    field_set: GpuBenchmarkFieldSet
    results: tuple[Digest, ...]
    in_turn: bool = False


@dataclass(frozen=True)
class Judgement:
    """A verdict on a benchmark.

    :param decision: None if there was no verdict, for the reason in the messages.
    :param another_round: whether measuring once more may decide what is not decided.
    :param files: the verdict as JSON.
    :param junit: the same as JUnit XML, named for the benchmark.
    """

    decision: Decision | None
    another_round: bool
    process_result: FallibleProcessResult
    reason: str
    files: Digest
    junit: Digest


@dataclass(frozen=True)
class RoundFilesRequest:
    """Asks for the results of several rounds side by side."""

    results: tuple[Digest, ...]


@dataclass(frozen=True)
class RoundFiles:
    """Each round's result, in a directory of its own."""

    digest: Digest
    paths: tuple[str, ...]


@dataclass(frozen=True)
class _Compared:
    """What is compared: the paths of base and new, and the files there."""

    base: str
    new: tuple[str, ...]
    digest: Digest


@rule
async def make_bench_process(
    request: BenchToolRequest, benchmark: GpuBenchmark, python_setup: PythonSetup
) -> Process:
    return await Get(
        Process,
        ToolProcess(
            request.command,
            request.arguments,
            benchmark.pex_request(python_setup),
            (request.files,),
            request.description,
            output_files=request.output_files,
            output_directories=request.output_directories,
        ),
    )


@rule(desc="Compare a benchmark with its baseline", level=LogLevel.DEBUG)
async def judge_benchmark(request: JudgeRequest, benchmark: GpuBenchmark) -> Judgement:
    field_set = request.field_set
    compared = await Get(_Compared, JudgeRequest, request)
    process = await Get(
        Process,
        BenchToolRequest(
            command=COMPARE,
            arguments=(
                compared.base,
                *compared.new,
                *limit_arguments(field_set.max_regression.value),
                *benchmark.baseline_arguments,
                f"--baseline-command={bin_name()} gpu-baseline {field_set.address}",
                f"--output={VERDICT_FILE}",
                f"--junit-xml={_JUNIT_FILE}",
                # A verdict is kept, be it yes or no; that the comparison failed is not.
                "--exit-zero",
            ),
            files=compared.digest,
            output_files=(VERDICT_FILE, _JUNIT_FILE),
            description=f"Compare {field_set.address} with its "
            + ("base" if request.in_turn else "baseline")
            + (f" after {len(request.results)} rounds" if len(request.results) > 1 else ""),
        ),
    )
    result = await Get(FallibleProcessResult, ToolRun(process))
    verdict_file, junit_file = await MultiGet(
        Get(Digest, DigestSubset(result.output_digest, PathGlobs([VERDICT_FILE]))),
        Get(Digest, DigestSubset(result.output_digest, PathGlobs([_JUNIT_FILE]))),
    )
    verdicts, junit_contents = await MultiGet(
        Get(DigestContents, Digest, verdict_file), Get(DigestContents, Digest, junit_file)
    )
    junit = await Get(
        Digest,
        CreateDigest(
            FileContent(junit_path(field_set), content.content) for content in junit_contents
        ),
    )
    decision, another_round = None, False
    reason = result.stderr.decode(errors="replace").strip()
    for content in verdicts:
        verdict = json.loads(content.content)
        decision, reason = Decision(verdict["verdict"]), verdict["reason"]
        another_round = verdict["another_round"]
    return Judgement(decision, another_round, result, reason, verdict_file, junit)


@rule
async def lay_out_compared(request: JudgeRequest) -> _Compared:
    if request.in_turn:
        (outputs,) = request.results
        return _Compared(f"base/{RESULT_FILE}", (f"new/{RESULT_FILE}",), outputs)
    # Baselines keep their place, so that messages name them as people do.
    directory = request.field_set.baseline_directory
    baselines, empty, rounds = await MultiGet(
        Get(Digest, PathGlobs([f"{directory}/*.json"])),
        Get(Digest, CreateDigest([Directory(directory)])),
        Get(RoundFiles, RoundFilesRequest(request.results)),
    )
    digest = await Get(Digest, MergeDigests((baselines, empty, rounds.digest)))
    return _Compared(directory, rounds.paths, digest)


@rule
async def lay_out_rounds(request: RoundFilesRequest) -> RoundFiles:
    directories = [f"round{number}" for number in range(len(request.results))]
    digests = await MultiGet(
        Get(Digest, AddPrefix(digest, directory))
        for digest, directory in zip(request.results, directories)
    )
    return RoundFiles(
        await Get(Digest, MergeDigests(digests)),
        tuple(f"{directory}/{RESULT_FILE}" for directory in directories),
    )


def junit_path(field_set: GpuBenchmarkFieldSet) -> str:
    """The name of a benchmark's JUnit XML among the reports of all tests."""
    return f"{field_set.address.path_safe_spec}.xml"


def limit_arguments(max_regression: FrozenDict[str, str] | None) -> Iterable[str]:
    """The arguments by which `gpu_bench compare` takes the target's limits."""
    for metric, share in (max_regression or {}).items():
        yield (
            f"--max-regression={share}" if metric == "*" else (f"--max-regression={metric}={share}")
        )


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
