"""The fields of a `gpu_benchmark` that its rules work with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from pants.backend.python.target_types import PythonResolveField
from pants.core.goals.test import TestFieldSet
from pants.engine.target import FieldSet, StringField

from rules_transformers.gpu_benchmark.target_types import (
    BenchmarkArchitectureField,
    BenchmarkAssistantCheckpointField,
    BenchmarkAssistantField,
    BenchmarkAssistantTokensField,
    BenchmarkAsyncBatchingField,
    BenchmarkAttnImplementationField,
    BenchmarkBaselinesField,
    BenchmarkBatchSizeField,
    BenchmarkCacheImplementationField,
    BenchmarkCheckpointField,
    BenchmarkCompileModeField,
    BenchmarkConcurrencyField,
    BenchmarkConfigField,
    BenchmarkContinuousBatchingField,
    BenchmarkCudaGraphsField,
    BenchmarkDependenciesField,
    BenchmarkDeviceField,
    BenchmarkDtypeField,
    BenchmarkGoodputLimitsField,
    BenchmarkKernelizeField,
    BenchmarkMaxRegressionField,
    BenchmarkMaxSamplesField,
    BenchmarkMaxWarmupField,
    BenchmarkMinSamplesField,
    BenchmarkMinSecondsField,
    BenchmarkMinWarmupField,
    BenchmarkModelField,
    BenchmarkModelTypeField,
    BenchmarkNumTokensField,
    BenchmarkProcessesField,
    BenchmarkPromptLookupTokensField,
    BenchmarkQuantizationConfigField,
    BenchmarkRepoIdField,
    BenchmarkRevisionField,
    BenchmarkSdpaBackendField,
    BenchmarkSeedField,
    BenchmarkSequenceLengthField,
    BenchmarkTargetIntervalField,
    BenchmarkTelemetryField,
    BenchmarkTensorParallelSizeField,
    BenchmarkTimeoutField,
    BenchmarkTraceField,
)


@dataclass(frozen=True)
class BenchmarkModelFieldSet(FieldSet):
    """What a benchmark measures."""

    required_fields = (BenchmarkModelField, BenchmarkConfigField)

    dependencies: BenchmarkDependenciesField
    model: BenchmarkModelField
    model_type: BenchmarkModelTypeField
    checkpoint: BenchmarkCheckpointField
    repo_id: BenchmarkRepoIdField
    revision: BenchmarkRevisionField
    architecture: BenchmarkArchitectureField
    config: BenchmarkConfigField
    assistant: BenchmarkAssistantField
    assistant_checkpoint: BenchmarkAssistantCheckpointField

    @property
    def checkpoint_directory(self) -> str | None:
        """Relative to the build root."""
        return self._directory(self.checkpoint)

    @property
    def assistant_directory(self) -> str | None:
        """That of `assistant_checkpoint`, relative to the build root."""
        return self._directory(self.assistant_checkpoint)

    def _directory(self, field: StringField) -> str | None:
        if field.value is None:
            return None
        return str(PurePosixPath(self.address.spec_path) / field.value)


@dataclass(frozen=True)
class GpuBenchmarkFieldSet(TestFieldSet, BenchmarkModelFieldSet):
    required_fields = (BenchmarkModelField, BenchmarkConfigField)

    sources: BenchmarkConfigField
    quantization_config: BenchmarkQuantizationConfigField
    device: BenchmarkDeviceField
    attn_implementation: BenchmarkAttnImplementationField
    sdpa_backend: BenchmarkSdpaBackendField
    compile_mode: BenchmarkCompileModeField
    kernelize: BenchmarkKernelizeField
    continuous_batching: BenchmarkContinuousBatchingField
    cuda_graphs: BenchmarkCudaGraphsField
    async_batching: BenchmarkAsyncBatchingField
    concurrency: BenchmarkConcurrencyField
    assistant_tokens: BenchmarkAssistantTokensField
    prompt_lookup_tokens: BenchmarkPromptLookupTokensField
    cache_implementation: BenchmarkCacheImplementationField
    batch_size: BenchmarkBatchSizeField
    sequence_length: BenchmarkSequenceLengthField
    num_tokens: BenchmarkNumTokensField
    dtype: BenchmarkDtypeField
    tensor_parallel_size: BenchmarkTensorParallelSizeField
    seed: BenchmarkSeedField
    processes: BenchmarkProcessesField
    min_warmup: BenchmarkMinWarmupField
    max_warmup: BenchmarkMaxWarmupField
    min_samples: BenchmarkMinSamplesField
    max_samples: BenchmarkMaxSamplesField
    min_seconds: BenchmarkMinSecondsField
    target_interval: BenchmarkTargetIntervalField
    telemetry: BenchmarkTelemetryField
    trace: BenchmarkTraceField
    goodput_limits: BenchmarkGoodputLimitsField
    max_regression: BenchmarkMaxRegressionField
    baselines: BenchmarkBaselinesField
    timeout: BenchmarkTimeoutField
    resolve: PythonResolveField

    @property
    def needs_accelerator(self) -> bool:
        return self.device.value != "cpu"

    @property
    def baseline_directory(self) -> str:
        """Where its baselines are, one file for each device, relative to the build root."""
        address = self.address
        name = f"{address.target_name}{address.parameters_repr}"
        return str(PurePosixPath(address.spec_path) / (self.baselines.value or "") / name)
