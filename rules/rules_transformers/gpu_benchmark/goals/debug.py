"""`test --debug` and `--debug-adapter`: benchmarks among the tests that run in the foreground."""

from __future__ import annotations

from collections.abc import Iterable

from pants.core.goals.test import TestDebugAdapterRequest, TestDebugRequest
from pants.engine.process import InteractiveProcess, Process
from pants.engine.rules import Get, Rule, collect_rules, rule
from pants.engine.unions import UnionRule
from pants.util.logging import LogLevel

from rules_transformers.gpu_benchmark.field_set import GpuBenchmarkFieldSet
from rules_transformers.gpu_benchmark.goals.test import BenchmarkMetadata, GpuBenchmarkTestRequest
from rules_transformers.gpu_benchmark.subsystem import GpuBenchmark
from rules_transformers.gpu_benchmark.util_rules.measure import MeasuringProcessRequest


@rule(desc="Set up a GPU benchmark to run interactively", level=LogLevel.DEBUG)
async def debug_benchmark(
    batch: GpuBenchmarkTestRequest.Batch[GpuBenchmarkFieldSet, BenchmarkMetadata],
    benchmark: GpuBenchmark,
) -> TestDebugRequest:
    """`--debug` measures in the foreground, and compares with nothing."""
    field_set = batch.single_element
    metadata = batch.partition_metadata
    if not metadata.chain:
        text = f"{field_set.address}: {metadata.skipped}"
        return TestDebugRequest(_saying(text, metadata.exit_code(benchmark) or 0))
    process = await Get(Process, MeasuringProcessRequest(field_set, 0))
    return TestDebugRequest(InteractiveProcess.from_process(process, restartable=True))


@rule(desc="Leave a GPU benchmark out of a debug adapter's session", level=LogLevel.DEBUG)
def refuse_debug_adapter(
    batch: GpuBenchmarkTestRequest.Batch[GpuBenchmarkFieldSet, BenchmarkMetadata],
) -> TestDebugAdapterRequest:
    """The other tests that were selected still get theirs."""
    address = batch.single_element.address
    text = (
        f"{address}: a benchmark runs without a debug adapter; `--debug` runs it in the foreground"
    )
    return TestDebugAdapterRequest(_saying(text, 0))


def _saying(text: str, exit_code: int) -> InteractiveProcess:
    script = 'printf "%s\\n" "$1" >&2; exit "$2"'
    return InteractiveProcess(["/bin/sh", "-c", script, "sh", text, str(exit_code)])


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
