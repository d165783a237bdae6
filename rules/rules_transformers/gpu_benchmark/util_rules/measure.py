"""Measures a benchmark: a process that is cached by its inputs and the accelerator."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pants.backend.python.subsystems.setup import PythonSetup
from pants.core.goals.test import TestSubsystem
from pants.engine.engine_aware import EngineAwareParameter
from pants.engine.env_vars import EnvironmentVars, EnvironmentVarsRequest
from pants.engine.fs import Digest, DigestContents, PathGlobs, RemovePrefix
from pants.engine.process import FallibleProcessResult, Process, ProcessCacheScope
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.target import InvalidTargetException
from pants.engine.unions import UnionRule
from pants.util.frozendict import FrozenDict
from pants.util.logging import LogLevel

from rules_transformers.gpu_benchmark.field_set import GpuBenchmarkFieldSet
from rules_transformers.gpu_benchmark.subsystem import GpuBenchmark, Share
from rules_transformers.gpu_benchmark.util_rules.accelerator import (
    DEVICE_VARIABLES,
    Accelerator,
    AcceleratorRequest,
    accelerator_request,
)
from rules_transformers.gpu_benchmark.util_rules.base_code import BaseCode
from rules_transformers.gpu_benchmark.util_rules.measured_model import (
    MeasuredModelFiles,
    MeasuredModelRequest,
)
from rules_transformers.gpu_benchmark.util_rules.request import request_document
from rules_transformers.tiny_fixtures.util_rules.environment import (
    FixtureEnvironment,
    FixtureEnvironmentRequest,
)
from rules_transformers.util_rules.lockfile_pins import pinned_requirement
from rules_transformers.util_rules.tool_commands import MEASURE
from rules_transformers.util_rules.tool_process import REQUEST_FILE, ToolProcess
from rules_transformers.util_rules.tool_run import ToolRun
from rules_transformers_contract.release_refusals import release_refusal

RESULT_FILE = "result.json"
_OUTPUT_DIR = "__out"
_HUB_DIR = "__hub"
# Where drivers and compilers are, and which device was chosen.
_PASSED_ON = ("LD_LIBRARY_PATH", "CUDA_HOME", *DEVICE_VARIABLES, "CC", "CXX")


@dataclass(frozen=True)
class MeasureRequest(EngineAwareParameter):
    """Asks for the measurement of a benchmark.

    :param round_number: 0, or how often it was measured before without a decision.
    :param base: the code to measure in turn with that of the workspace; None for the latter alone.
    """

    field_set: GpuBenchmarkFieldSet
    round_number: int = 0
    base: BaseCode | None = None

    def debug_hint(self) -> str:
        return self.field_set.address.spec


@dataclass(frozen=True)
class Measurement:
    """What measuring gave.

    A measurement that failed may have left a result too, marked as such.

    :param outputs: `result.json`; of two sides, `base/result.json` and `new/result.json`.
    """

    process_result: FallibleProcessResult
    outputs: Digest


@dataclass(frozen=True)
class MeasuringProcessRequest:
    """Asks for the process that measures a benchmark; see `MeasureRequest`."""

    field_set: GpuBenchmarkFieldSet
    round_number: int
    base: BaseCode | None = None


@rule(desc="Measure a benchmark", level=LogLevel.DEBUG)
async def measure_benchmark(request: MeasureRequest) -> Measurement:
    process = await Get(
        Process, MeasuringProcessRequest(request.field_set, request.round_number, request.base)
    )
    result = await Get(FallibleProcessResult, ToolRun(process))
    return Measurement(result, await Get(Digest, RemovePrefix(result.output_digest, _OUTPUT_DIR)))


async def _check_release(field_set: GpuBenchmarkFieldSet, python_setup: PythonSetup) -> None:
    """Refuses what the transformers of the resolve cannot measure, before anything is built."""
    if not python_setup.enable_resolves:
        return
    lockfile = python_setup.resolves[field_set.resolve.normalized_value(python_setup)]
    for content in await Get(DigestContents, PathGlobs([lockfile])):
        pin = pinned_requirement(content.content.decode(), "transformers")
        if pin is None:
            continue
        settings = {
            field.alias: field.value
            for field in (
                field_set.attn_implementation,
                field_set.cache_implementation,
                field_set.compile_mode,
                field_set.continuous_batching,
                field_set.prompt_lookup_tokens,
            )
        }
        settings["assistant"] = field_set.assistant.value or field_set.assistant_directory
        refused = release_refusal(settings, pin.partition("==")[2])
        if refused is not None:
            raise InvalidTargetException(
                f"The `gpu_benchmark` target {field_set.address} cannot be measured: "
                f"{refused.message}, which {lockfile} has\nhint: {refused.hint}"
            )


@rule
async def make_measuring_process(
    request: MeasuringProcessRequest,
    benchmark: GpuBenchmark,
    python_setup: PythonSetup,
    test: TestSubsystem,
) -> Process:
    field_set = request.field_set
    await _check_release(field_set, python_setup)
    model, environment, variables = await MultiGet(
        Get(MeasuredModelFiles, MeasuredModelRequest(field_set)),
        Get(
            FixtureEnvironment,
            FixtureEnvironmentRequest.create(field_set.resolve, python_setup),
        ),
        Get(
            EnvironmentVars,
            EnvironmentVarsRequest((*_PASSED_ON, *benchmark.extra_env_vars)),
        ),
    )
    downloads = field_set.repo_id.value is not None
    accelerator = None
    if field_set.needs_accelerator:
        accelerator = await Get(Accelerator, AcceleratorRequest, accelerator_request(field_set))
    base = request.base
    return await Get(
        Process,
        ToolProcess(
            MEASURE,
            (
                *(REQUEST_FILE, "--output", _OUTPUT_DIR),
                *(() if base is None else (f"--base-root={base.root}",)),
            ),
            environment.pex_request,
            (model.digest,) if base is None else (model.digest, base.digest),
            # What was requested before is known by the description.
            f"Measure {field_set.address}"
            + ("" if base is None else " in turn with its base")
            + (f", round {request.round_number}" if request.round_number else ""),
            request=request_document(
                field_set,
                model.model,
                timeout_seconds=field_set.timeout.calculate_from_global_options(test),
                round_number=request.round_number,
                accelerator=None if accelerator is None else _key(accelerator, benchmark.share),
            ),
            output_directories=(_OUTPUT_DIR,),
            env=FrozenDict(
                {
                    **variables,
                    "HF_HUB_OFFLINE": "0" if downloads else "1",
                    "HF_HUB_DISABLE_TELEMETRY": "1",
                    "HF_HOME": _HUB_DIR,
                }
            ),
            # Downloads of a pinned revision are kept; what is measured with them is cached anyway.
            append_only_caches=FrozenDict({"hub": _HUB_DIR} if downloads else {}),
            network=downloads,
            alone=True,
            cache_scope=(
                ProcessCacheScope.PER_SESSION if test.force else ProcessCacheScope.SUCCESSFUL
            ),
        ),
    )


def _key(accelerator: Accelerator, share: Share) -> str:
    if share is Share.model:
        return accelerator.fingerprint
    return f"{accelerator.fingerprint}; device={accelerator.device_hash}"


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
