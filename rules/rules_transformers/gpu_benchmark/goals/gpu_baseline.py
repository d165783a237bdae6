"""The goal `gpu-baseline`: stores measurements as baselines for later comparisons."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pants.base.build_root import BuildRoot
from pants.engine.console import Console
from pants.engine.fs import Digest, DigestContents, RemovePrefix
from pants.engine.goal import Goal, GoalSubsystem
from pants.engine.process import FallibleProcessResult, Process
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, goal_rule
from pants.engine.target import FilteredTargets
from pants.engine.unions import UnionRule
from pants.util.docutil import bin_name
from pants.util.strutil import help_text

from rules_transformers.gpu_benchmark.field_set import GpuBenchmarkFieldSet
from rules_transformers.gpu_benchmark.subsystem import GpuBenchmark
from rules_transformers.gpu_benchmark.target_types import TAG, GpuBenchmarkTarget
from rules_transformers.gpu_benchmark.util_rules.accelerator import (
    Accelerator,
    AcceleratorRequest,
    accelerator_request,
)
from rules_transformers.gpu_benchmark.util_rules.judge import (
    BenchToolRequest,
    RoundFiles,
    RoundFilesRequest,
)
from rules_transformers.gpu_benchmark.util_rules.measure import Measurement, MeasureRequest
from rules_transformers.gpu_benchmark.util_rules.provenance import Provenance
from rules_transformers.tiny_fixtures.util_rules.build import NOT_BUILT
from rules_transformers.util_rules.atomic_write import write_atomically
from rules_transformers.util_rules.tool_commands import BASELINE
from rules_transformers.util_rules.tool_run import ToolRun
from rules_transformers_contract.exit_codes import ExitCode

_OUTPUT_DIR = "__baselines"


class GpuBaselineSubsystem(GoalSubsystem):
    name = "gpu-baseline"
    help = help_text(
        """
        Store the measurements of the given benchmarks as their baselines on this device. A cached
        measurement is reused. A measurement is refused if the device throttled or was in use by
        others.
        """
    )


class GpuBaseline(Goal):
    subsystem_cls = GpuBaselineSubsystem
    environment_behavior = Goal.EnvironmentBehavior.LOCAL_ONLY


async def _baseline(
    field_set: GpuBenchmarkFieldSet,
    measurement: Measurement,
    benchmark: GpuBenchmark,
    provenance: Provenance,
) -> FallibleProcessResult:
    rounds = await Get(RoundFiles, RoundFilesRequest((measurement.outputs,)))
    process = await Get(
        Process,
        BenchToolRequest(
            command=BASELINE,
            arguments=(
                *rounds.paths,
                f"--output={_OUTPUT_DIR}",
                *benchmark.baseline_arguments,
                *((f"--commit={provenance.commit}",) if provenance.commit else ()),
                *(("--dirty",) if provenance.dirty else ()),
            ),
            files=rounds.digest,
            output_directories=(_OUTPUT_DIR,),
            description=f"Make a baseline of {field_set.address}",
        ),
    )
    return await Get(FallibleProcessResult, ToolRun(process))


@goal_rule
async def gpu_baseline(
    console: Console, build_root: BuildRoot, targets: FilteredTargets, benchmark: GpuBenchmark
) -> GpuBaseline:
    field_sets = sorted(
        (
            GpuBenchmarkFieldSet.create(target)
            for target in targets
            if GpuBenchmarkFieldSet.is_applicable(target)
        ),
        key=lambda field_set: field_set.address,
    )
    if not field_sets:
        console.print_stderr(
            f"No `{GpuBenchmarkTarget.alias}` selected\n"
            f"hint: `{bin_name()} --tag={TAG} gpu-baseline ::` takes all of them"
        )
        return GpuBaseline(0)
    requests = list(
        dict.fromkeys(
            accelerator_request(field_set)
            for field_set in field_sets
            if field_set.needs_accelerator
        )
    )
    found = await MultiGet(Get(Accelerator, AcceleratorRequest, request) for request in requests)
    lacking = {
        request: accelerator.reason
        for request, accelerator in zip(requests, found)
        if accelerator.name is None
    }
    provenance = await Get(Provenance)
    worst = 0
    for field_set in field_sets:
        reason = lacking.get(accelerator_request(field_set))
        if field_set.needs_accelerator and reason is not None:
            console.print_stderr(
                f"{field_set.address}: no baseline: no accelerator ({reason})\n"
                "hint: baselines are made on the machine that benchmarks run on"
            )
            worst = max(worst, ExitCode.ENVIRONMENT_LACKS)
            continue
        # One after the other: they share the device.
        try:
            measurement = await Get(Measurement, MeasureRequest(field_set))
        except NOT_BUILT as error:
            console.print_stderr(f"{field_set.address}: no baseline\n{error}")
            worst = max(worst, ExitCode.WRONG_INPUT)
            continue
        result = measurement.process_result
        if result.exit_code == 0:
            result = await _baseline(field_set, measurement, benchmark, provenance)
        if result.exit_code != 0:
            messages = (result.stdout + result.stderr).decode(errors="replace").strip()
            console.print_stderr(f"{field_set.address}: no baseline\n{messages}")
            worst = max(worst, result.exit_code)
            continue
        outputs = await Get(Digest, RemovePrefix(result.output_digest, _OUTPUT_DIR))
        files = await Get(DigestContents, Digest, outputs)
        for file in files:
            path = Path(field_set.baseline_directory, file.path)
            target = Path(build_root.path, path)
            changed = not target.is_file() or target.read_bytes() != file.content
            if changed:
                try:
                    write_atomically(target, file.content)
                except OSError as error:
                    console.print_stderr(f"{path}: error: cannot be written: {error.strerror}")
                    worst = max(worst, ExitCode.ENVIRONMENT_LACKS)
                    continue
            console.print_stdout(f"{'written' if changed else 'unchanged':<9} {path}")
    return GpuBaseline(worst)


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
