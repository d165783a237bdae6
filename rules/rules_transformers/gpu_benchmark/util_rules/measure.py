"""Measures a benchmark: a process that is cached by its inputs and the accelerator."""

from __future__ import annotations

from dataclasses import dataclass

from pants.backend.python.subsystems.setup import PythonSetup
from pants.backend.python.util_rules.pex import PexRequest, VenvPex, VenvPexProcess
from pants.core.goals.test import TestSubsystem
from pants.engine.engine_aware import EngineAwareParameter
from pants.engine.env_vars import EnvironmentVars, EnvironmentVarsRequest
from pants.engine.fs import CreateDigest, Digest, FileContent, MergeDigests, RemovePrefix
from pants.engine.process import FallibleProcessResult, Process, ProcessCacheScope
from pants.engine.rules import Get, MultiGet, collect_rules, rule
from pants.util.logging import LogLevel

from rules_transformers.gpu_benchmark.field_set import GpuBenchmarkFieldSet
from rules_transformers.gpu_benchmark.subsystem import PACKAGE, GpuBenchmark, Share
from rules_transformers.gpu_benchmark.util_rules.accelerator import (
    DEVICE_VARIABLES,
    Accelerator,
)
from rules_transformers.gpu_benchmark.util_rules.measured_model import (
    MeasuredModelFiles,
    MeasuredModelRequest,
)
from rules_transformers.gpu_benchmark.util_rules.request import REQUEST_FILE, request_document
from rules_transformers.tiny_fixtures.util_rules.environment import (
    FixtureEnvironment,
    FixtureEnvironmentRequest,
)
from rules_transformers.util_rules.offline import OfflinePexRequest
from rules_transformers.util_rules.remote_cache import MEASUREMENT, waiting
from rules_transformers.util_rules.tool_process import ToolRun
from rules_transformers.util_rules.tool_sources import SANDBOX_DIR, ToolSources, ToolSourcesRequest

RESULT_FILE = "result.json"
_OUTPUT_DIR = "__out"
_HUB_DIR = "__hub"
# What tells where drivers and compilers are, and which device was chosen.
_PASSED_ON = ("LD_LIBRARY_PATH", "CUDA_HOME", *DEVICE_VARIABLES, "CC", "CXX")


@dataclass(frozen=True)
class MeasureRequest(EngineAwareParameter):
    """Asks for the measurement of a benchmark.

    :param round_number: 0, or how often it was measured before without a decision.
    """

    field_set: GpuBenchmarkFieldSet
    round_number: int = 0

    def debug_hint(self) -> str:
        return self.field_set.address.spec


@dataclass(frozen=True)
class Measurement:
    """What measuring gave.

    A measurement that failed may have left a result too, marked as such.

    :param outputs: `result.json`.
    """

    process_result: FallibleProcessResult
    outputs: Digest


@dataclass(frozen=True)
class MeasuringProcessRequest:
    """Asks for the process that measures a benchmark; see `MeasureRequest`."""

    field_set: GpuBenchmarkFieldSet
    round_number: int


@rule(desc="Measure a benchmark", level=LogLevel.DEBUG)
async def measure(request: MeasureRequest) -> Measurement:
    process = await Get(Process, MeasuringProcessRequest(request.field_set, request.round_number))
    result = await Get(FallibleProcessResult, ToolRun(process))
    return Measurement(result, await Get(Digest, RemovePrefix(result.output_digest, _OUTPUT_DIR)))


@rule
async def make_measuring_process(
    request: MeasuringProcessRequest,
    accelerator: Accelerator,
    benchmark: GpuBenchmark,
    python_setup: PythonSetup,
    test: TestSubsystem,
) -> Process:
    field_set = request.field_set
    model, environment, tool_sources, variables = await MultiGet(
        Get(MeasuredModelFiles, MeasuredModelRequest(field_set)),
        Get(
            FixtureEnvironment,
            FixtureEnvironmentRequest.create(field_set.resolve, python_setup),
        ),
        Get(ToolSources, ToolSourcesRequest(PACKAGE)),
        Get(EnvironmentVars, EnvironmentVarsRequest(_PASSED_ON)),
    )
    downloads = field_set.repo_id.value is not None
    pex, request_file = await MultiGet(
        Get(VenvPex, PexRequest, environment.pex_request)
        if downloads
        else Get(VenvPex, OfflinePexRequest(environment.pex_request)),
        Get(
            Digest,
            CreateDigest(
                [
                    FileContent(
                        REQUEST_FILE,
                        request_document(
                            field_set,
                            model.model,
                            timeout_seconds=field_set.timeout.calculate_from_global_options(test),
                            round_number=request.round_number,
                            accelerator=_key(field_set, accelerator, benchmark.share),
                        ),
                    )
                ]
            ),
        ),
    )
    digest = await Get(Digest, MergeDigests((model.digest, tool_sources.digest, request_file)))
    process = await Get(
        Process,
        VenvPexProcess(
            pex,
            argv=("-m", PACKAGE, "run", REQUEST_FILE, "--output", _OUTPUT_DIR),
            input_digest=digest,
            extra_env={
                **variables,
                "HF_HUB_OFFLINE": "0" if downloads else "1",
                "HF_HUB_DISABLE_TELEMETRY": "1",
                "HF_HOME": _HUB_DIR,
                "PEX_EXTRA_SYS_PATH": SANDBOX_DIR,
            },
            # Downloads of a pinned revision are kept; what is measured with them is cached anyway.
            append_only_caches={"hub": _HUB_DIR} if downloads else None,
            output_directories=(_OUTPUT_DIR,),
            cache_scope=(
                ProcessCacheScope.PER_SESSION if test.force else ProcessCacheScope.SUCCESSFUL
            ),
            description=f"Measure {field_set.address}",
        ),
    )
    return waiting(process, MEASUREMENT)


def _key(field_set: GpuBenchmarkFieldSet, accelerator: Accelerator, share: Share) -> str | None:
    if not field_set.needs_accelerator:
        return None
    if share is Share.model:
        return accelerator.fingerprint
    return f"{accelerator.fingerprint}; device={accelerator.device_hash}"


def rules():
    return collect_rules()
