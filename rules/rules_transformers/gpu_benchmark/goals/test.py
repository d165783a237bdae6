"""`test`: measures the requested benchmarks, and reports the others as skipped."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import ClassVar

from pants.core.goals.test import TestRequest, TestResult, TestSubsystem
from pants.core.util_rules.partitions import Partition, PartitionerType, Partitions
from pants.engine.fs import (
    CreateDigest,
    Digest,
    FileContent,
    MergeDigests,
    Snapshot,
)
from pants.engine.process import FallibleProcessResult
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.unions import UnionRule
from pants.util.docutil import bin_name
from pants.util.logging import LogLevel

from rules_transformers.gpu_benchmark.field_set import GpuBenchmarkFieldSet
from rules_transformers.gpu_benchmark.subsystem import GpuBenchmark
from rules_transformers.gpu_benchmark.target_types import TAG
from rules_transformers.gpu_benchmark.util_rules.accelerator import (
    Accelerator,
    AcceleratorRequest,
    accelerator_request,
)
from rules_transformers.gpu_benchmark.util_rules.judge import (
    Decision,
    RoundFiles,
    RoundFilesRequest,
    junit_path,
)
from rules_transformers.gpu_benchmark.util_rules.measure import RESULT_FILE
from rules_transformers.gpu_benchmark.util_rules.outcome import Outcome, OutcomeRequest
from rules_transformers.gpu_benchmark.util_rules.provenance import PROVENANCE_FILE, Provenance
from rules_transformers.gpu_benchmark.util_rules.report import (
    BenchmarkReport,
    BenchmarkReportRequest,
)
from rules_transformers.gpu_benchmark.util_rules.selection import RequestedBenchmarks
from rules_transformers.util_rules.pants_versions import (
    SkippableSubsystem,
    result_of_process,
    result_without_process,
)
from rules_transformers_contract.exit_codes import ExitCode
from rules_transformers_contract.junit import one_test

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class BenchmarkMetadata:
    """What becomes of a benchmark in this run.

    :param chain: the benchmarks to measure before it, and itself; empty if it is not measured.
    :param skipped: why it is not measured.
    :param lacks_accelerator: whether that is for want of an accelerator.
    :param level: the log level of the line that says so.
    """

    chain: tuple[GpuBenchmarkFieldSet, ...]
    skipped: str = ""
    lacks_accelerator: bool = False
    level: int = logging.WARNING

    @property
    def description(self) -> None:
        return None

    def exit_code(self, benchmark: GpuBenchmark) -> int | None:
        """What a run ends with for it where it is not measured; None for no objection."""
        refused = self.lacks_accelerator and benchmark.require_accelerator
        return ExitCode.ENVIRONMENT_LACKS if refused else None


class GpuBenchmarkTestRequest(TestRequest):
    tool_subsystem: ClassVar[SkippableSubsystem] = GpuBenchmark
    field_set_type = GpuBenchmarkFieldSet
    partitioner_type = PartitionerType.CUSTOM
    supports_debug = True
    supports_debug_adapter = True


@rule
async def partition_benchmarks(
    request: GpuBenchmarkTestRequest.PartitionRequest[GpuBenchmarkFieldSet],
    benchmark: GpuBenchmark,
    requested: RequestedBenchmarks,
) -> Partitions[GpuBenchmarkFieldSet, BenchmarkMetadata]:
    if benchmark.skip:
        return Partitions()
    field_sets = sorted(request.field_sets, key=lambda field_set: field_set.address)
    wanted = [
        field_set
        for field_set in field_sets
        if field_set.needs_accelerator and requested.has(field_set.address)
    ]
    requests = list(dict.fromkeys(map(accelerator_request, wanted)))
    found = await MultiGet(Get(Accelerator, AcceleratorRequest, request) for request in requests)
    accelerators = dict(zip(requests, found))
    partitions = []
    chain: tuple[GpuBenchmarkFieldSet, ...] = ()
    for field_set in field_sets:
        if not field_set.needs_accelerator:
            # Smoke tests share no device, and are asked for by being selected among other tests.
            left_out = requested.leaves_to_all_tests(field_set.address)
            metadata = (
                BenchmarkMetadata((), _left_to_all_tests(field_set), level=logging.INFO)
                if left_out
                else BenchmarkMetadata((field_set,))
            )
        elif field_set not in wanted:
            metadata = BenchmarkMetadata((), _not_requested(field_set))
        elif (accelerator := accelerators[accelerator_request(field_set)]).name is None:
            reason = f"skipped: no accelerator ({accelerator.reason})"
            metadata = BenchmarkMetadata((), reason, lacks_accelerator=True)
        else:
            chain = (*chain, field_set)
            metadata = BenchmarkMetadata(chain)
        partitions.append(Partition((field_set,), metadata))
    return Partitions(partitions)


def _not_requested(field_set: GpuBenchmarkFieldSet) -> str:
    return (
        f"not requested; `{bin_name()} test {field_set.address}` or "
        f"`{bin_name()} --tag={TAG} test ::` measures it"
    )


def _left_to_all_tests(field_set: GpuBenchmarkFieldSet) -> str:
    return (
        f"not run, as `--tag={TAG}` asks for measurements on a device; `{bin_name()} test ::` or "
        f"`{bin_name()} test {field_set.address}` runs this smoke test"
    )


async def _report(field_set: GpuBenchmarkFieldSet, outcome: str, text: str) -> Snapshot:
    """The JUnit XML of a benchmark that has no verdict; see `one_test`."""
    xml = one_test("gpu_benchmark", field_set.address.spec, outcome=outcome, text=text)
    return await Get(Snapshot, CreateDigest([FileContent(junit_path(field_set), xml.encode())]))


async def _files(
    field_set: GpuBenchmarkFieldSet, outcome: Outcome, goodput_limits: Iterable[str]
) -> Snapshot:
    """What goes where `test` puts outputs: results, verdict, provenance, page and summary."""
    address = field_set.address.spec
    if outcome.in_turn:
        digests = list(outcome.results)
    else:
        rounds = await Get(RoundFiles, RoundFilesRequest(outcome.results))
        digests = [rounds.digest]
    results = await Get(Snapshot, Digest, digests[0])
    if outcome.judgement is not None:
        digests.append(outcome.judgement.files)
    if any(path.endswith(f"/{RESULT_FILE}") for path in results.files):
        files = await Get(Digest, MergeDigests(digests))
        report = await Get(
            BenchmarkReport,
            BenchmarkReportRequest(address, files, _limits(field_set, goodput_limits)),
        )
        digests.append(report.digest)
    # The report leaves the commit out, or each commit would make it again.
    provenance = await Get(Provenance)
    provenance_file = await Get(
        Digest, CreateDigest([FileContent(PROVENANCE_FILE, provenance.document(address))])
    )
    return await Get(Snapshot, MergeDigests((*digests, provenance_file)))


def _limits(field_set: GpuBenchmarkFieldSet, by_option: Iterable[str]) -> tuple[str, ...]:
    """The limits of goodput: the target's own, or those of the option."""
    own = field_set.goodput_limits.value
    if own is None:
        return tuple(by_option)
    return tuple(f"{name}={time}" for name, time in sorted(own.items()))


# Without a level its results would be shown under the name of the rule.
@rule(desc="Run a GPU benchmark", level=LogLevel.DEBUG)
async def run_benchmark(
    batch: GpuBenchmarkTestRequest.Batch[GpuBenchmarkFieldSet, BenchmarkMetadata],
    benchmark: GpuBenchmark,
    test: TestSubsystem,
) -> TestResult:
    field_set = batch.single_element
    metadata = batch.partition_metadata
    address = field_set.address
    if not metadata.chain:
        # Here and in no rule below, whose result would be remembered, so that each run says it.
        exit_code = metadata.exit_code(benchmark)
        level = metadata.level if exit_code is None else logging.ERROR
        logger.log(level, f"{address}: {metadata.skipped}")
        report = await _report(field_set, "skipped", metadata.skipped)
        return result_without_process(exit_code, "", address, test.output, report)
    outcome = await Get(Outcome, OutcomeRequest(metadata.chain))
    if outcome.remark:
        logger.warning(
            f"{address}: not measured in turn with {benchmark.interleave}, but compared with its "
            f"baseline: {outcome.remark}"
        )
    if outcome.problem:
        report = await _report(field_set, "error", outcome.problem)
        return result_without_process(
            ExitCode.WRONG_INPUT, outcome.problem, address, test.output, report
        )
    files = await _files(field_set, outcome, benchmark.goodput_limits)
    measured = outcome.measurements[-1].process_result
    judgement = outcome.judgement
    if judgement is None:
        message = _output(measured)
        report = await _report(field_set, "error", message)
        return result_of_process(
            measured, address, test.output, xml_results=report, extra_output=files
        )
    # One without a baseline on a CPU is a smoke test: it decides nothing, and need not.
    open_question = judgement.decision is Decision.inconclusive or (
        judgement.decision is Decision.no_baseline and field_set.needs_accelerator
    )
    xml = await Get(Snapshot, Digest, judgement.junit)
    if open_question:
        exit_code = ExitCode.UNDECIDED if benchmark.strict else 0
        logger.log(
            logging.ERROR if benchmark.strict else logging.WARNING, f"{address}: {judgement.reason}"
        )
        if benchmark.strict:
            xml = await _report(field_set, "error", judgement.reason)
    elif judgement.decision is None:
        exit_code = judgement.process_result.exit_code
    else:
        exit_code = judgement.decision.exit_code
    # Whether it was measured or cached, and how long that took, is of interest; what is shown is
    # what was judged.
    shown = replace(judgement.process_result, exit_code=exit_code, metadata=measured.metadata)
    return result_of_process(
        shown,
        address,
        test.output,
        xml_results=xml,
        extra_output=files,
        log_extra_output=True,
    )


def _output(result: FallibleProcessResult) -> str:
    return (result.stdout + result.stderr).decode(errors="replace").strip()


def rules() -> Iterable[Rule | UnionRule]:
    return (
        *collect_rules(),
        *GpuBenchmarkTestRequest.rules(),
    )
