"""The target `gpu_benchmark`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Any, ClassVar, Optional

from pants.backend.python.target_types import PythonResolveField
from pants.core.goals.test import TestTimeoutField
from pants.engine.addresses import Address
from pants.engine.target import (
    COMMON_TARGET_FIELDS,
    BoolField,
    Dependencies,
    DictStringToStringField,
    Field,
    FloatField,
    IntField,
    InvalidFieldException,
    InvalidFieldTypeException,
    InvalidTargetException,
    OptionalSingleSourceField,
    StringField,
    Tags,
    Target,
    TriBoolField,
    ValidNumbers,
)
from pants.util.docutil import bin_name
from pants.util.frozendict import FrozenDict
from pants.util.strutil import help_text

from rules_transformers.target_types import SeedField
from rules_transformers_contract.goodput_limits import NAMES as LIMIT_NAMES
from rules_transformers_contract.goodput_limits import limit as goodput_limit
from rules_transformers_contract.refused_combinations import refusal

TAG = "gpu-bench"
_REVISION = re.compile(r"[0-9a-f]{40}")
_SHARE = re.compile(r"\d+(\.\d+)?%")

# `help` evaluates the annotations of `compute_value`, where CPython 3.9 lacks `tuple[...] | None`.
_Strings = Optional[Iterable[str]]
_Tags = Optional[tuple[str, ...]]
_Texts = Optional[dict[str, str]]
_Limits = Optional[FrozenDict[str, str]]


class BenchmarkTagsField(Tags):
    help = help_text(
        f"""
        Arbitrary strings to describe the target; `{TAG}` is always one of them, so that
        `--tag={TAG}` selects benchmarks.
        """
    )

    @classmethod
    def compute_value(cls, raw_value: _Strings, address: Address) -> _Tags:
        value = super().compute_value(raw_value, address) or ()
        return (TAG, *(tag for tag in value if tag != TAG))


class BenchmarkDependenciesField(Dependencies):
    pass


class BenchmarkModelField(StringField):
    alias = "model"
    help = help_text(
        """
        The address of a `modular_model`, whose classes get random weights made on the device, or of
        a `tiny_fixture`, e.g. `model=":qwen3"`.
        """
    )


class BenchmarkModelTypeField(StringField):
    alias = "model_type"
    help = help_text(
        """
        An architecture of the installed transformers, by the `model_type` of its config, with
        random weights made on the device.
        """
    )


class _DirectoryField(StringField):
    """A directory relative to the BUILD file, and below it."""

    @classmethod
    def compute_value(cls, raw_value: str | None, address: Address) -> str | None:
        value = super().compute_value(raw_value, address)
        if value is not None and not _is_below(value):
            raise InvalidFieldException(
                f"The `{cls.alias}` field in target {address} must be a path below the BUILD file, "
                f"but it was {value!r}"
            )
        return value


class BenchmarkCheckpointField(_DirectoryField):
    alias = "checkpoint"
    help = help_text(
        "A directory of this repository, relative to the BUILD file, with a model and its weights."
    )


class BenchmarkRepoIdField(StringField):
    alias = "repo_id"
    help = help_text(
        """
        A repository of a model hub, downloaded when it is measured; needs `revision`. It must be
        public: a token would have to become part of the cache key.
        """
    )


class BenchmarkRevisionField(StringField):
    alias = "revision"
    help = help_text("The commit of `repo_id`, in full: 40 hexadecimal digits.")

    @classmethod
    def compute_value(cls, raw_value: str | None, address: Address) -> str | None:
        value = super().compute_value(raw_value, address)
        if value is not None and not _REVISION.fullmatch(value):
            raise InvalidFieldException(
                f"The `{cls.alias}` field in target {address} must be a commit in full, 40 "
                f"hexadecimal digits, but it was {value!r}\n"
                "hint: a branch or tag may move, and what it moved to would not be measured"
            )
        return value


class BenchmarkArchitectureField(StringField):
    alias = "architecture"
    help = help_text("The model class. By default the one that can generate text.")


class BenchmarkConfigField(OptionalSingleSourceField):
    alias = "config"
    expected_file_extensions = (".json",)
    uses_source_roots = False
    help = help_text(
        """
        A file like a checkpoint's `config.json`, relative to the BUILD file, that gives the real
        shapes, e.g. `config="configs/qwen3_8b.json"`. By default the model type's default config,
        or that of the checkpoint.
        """
    )


class BenchmarkQuantizationConfigField(Field):
    """`value` is JSON, whose keys are sorted."""

    alias = "quantization_config"
    value: str | None
    default: ClassVar[None] = None
    help = help_text(
        """
        How weights are quantised when they are read, as transformers' `quantization_config`: a
        dictionary of `quant_method` and its settings, e.g. `quantization_config={"quant_method":
        "bitsandbytes", "load_in_8bit": True}`. The `resolve` needs the method's package. By default
        the weights stay as they are.
        """
    )

    @classmethod
    def compute_value(cls, raw_value: Any, address: Address) -> str | None:
        value = super().compute_value(raw_value, address)
        if value is None:
            return None
        if not isinstance(value, dict) or not isinstance(value.get("quant_method"), str):
            raise InvalidFieldTypeException(
                address, cls.alias, raw_value, expected_type="a dictionary with a `quant_method`"
            )
        try:
            return json.dumps(value, sort_keys=True)
        except TypeError:
            raise InvalidFieldTypeException(
                address, cls.alias, raw_value, expected_type="a dictionary of JSON values"
            ) from None


class BenchmarkDeviceField(StringField):
    alias = "device"
    default = "cuda"
    valid_choices = ("cuda", "xpu", "cpu")
    help = help_text(
        """
        The device to measure on. `cuda` is also torch's name for devices of AMD, which are measured
        on a machine without NVIDIA's driver; `xpu` are devices of Intel. Neither was tried. `cpu`
        is for smoke tests: they need no accelerator and run with
        all other tests, but not if `--tag` selects benchmarks.
        """
    )


class BenchmarkAttnImplementationField(StringField):
    alias = "attn_implementation"
    default = "sdpa"
    valid_choices = (
        *("eager", "sdpa", "flash_attention_2", "flash_attention_3", "flash_attention_4"),
        "flex_attention",
    )
    help = help_text("The implementation of attention.")


class BenchmarkSdpaBackendField(StringField):
    alias = "sdpa_backend"
    valid_choices = ("flash", "efficient", "cudnn", "math")
    help = help_text(
        "The only kernel that `sdpa` may use. By default, torch chooses one for each call."
    )


class BenchmarkCompileModeField(StringField):
    alias = "compile_mode"
    valid_choices = ("default", "reduce-overhead", "max-autotune", "max-autotune-no-cudagraphs")
    help = help_text("The mode of `torch.compile`. By default the model is not compiled.")


class BenchmarkKernelizeField(BoolField):
    alias = "kernelize"
    default = False
    help = help_text("Whether to use the kernels of the `kernels` package.")


class BenchmarkContinuousBatchingField(BoolField):
    alias = "continuous_batching"
    default = False
    help = help_text("Whether to generate with continuous batching.")


class BenchmarkAssistantField(StringField):
    alias = "assistant"
    help = help_text(
        """
        The address of a `tiny_fixture` that proposes tokens, which the model accepts or replaces:
        speculative decoding, e.g. `assistant=":draft"`.
        """
    )


class BenchmarkAssistantCheckpointField(_DirectoryField):
    alias = "assistant_checkpoint"
    help = help_text(
        """
        In place of `assistant`: a directory of this repository, relative to the BUILD file, with a
        model and its weights.
        """
    )


class BenchmarkAssistantTokensField(IntField):
    alias = "assistant_tokens"
    valid_numbers = ValidNumbers.positive_only
    help = help_text(
        "The number of tokens that the assistant proposes in each step. By default, 5."
    )


class BenchmarkPromptLookupTokensField(IntField):
    alias = "prompt_lookup_tokens"
    valid_numbers = ValidNumbers.positive_only
    help = help_text(
        """
        The number of tokens to propose in each step, at most, without an assistant: those that
        followed where the text so far had the same last tokens before (prompt lookup decoding).
        """
    )


class BenchmarkCudaGraphsField(TriBoolField):
    alias = "cuda_graphs"
    help = help_text(
        """
        Whether continuous batching captures CUDA graphs. By default, transformers chooses, and the
        result records what.
        """
    )


class BenchmarkAsyncBatchingField(TriBoolField):
    alias = "async_batching"
    help = help_text(
        """
        Whether continuous batching prepares a batch while the device works on the last one. By
        default, transformers chooses, and the result records what.
        """
    )


class BenchmarkConcurrencyField(IntField):
    alias = "concurrency"
    valid_numbers = ValidNumbers.positive_only
    help = help_text(
        """
        With continuous batching: how many of the `batch_size` requests of a sample are in progress
        at once; a finished one is followed by the next. By default, all of them.
        """
    )


class BenchmarkCacheImplementationField(StringField):
    alias = "cache_implementation"
    valid_choices = ("dynamic", "static", "offloaded", "offloaded_static")
    help = help_text(
        """
        The key-value cache. By default `static` for a compiled model without continuous batching,
        and `dynamic` otherwise.
        """
    )


class _CountField(IntField):
    valid_numbers = ValidNumbers.positive_only
    default: ClassVar[int]
    value: int


class BenchmarkBatchSizeField(_CountField):
    alias = "batch_size"
    default = 1
    help = help_text("The number of prompts in a batch.")


class BenchmarkSequenceLengthField(_CountField):
    alias = "sequence_length"
    default = 128
    help = help_text("The number of tokens of each prompt.")


class BenchmarkNumTokensField(_CountField):
    alias = "num_tokens"
    default = 128
    help = help_text("The number of tokens to generate for each prompt, at least 2.")

    @classmethod
    def compute_value(cls, raw_value: int | None, address: Address) -> int | None:
        value = super().compute_value(raw_value, address)
        if value == 1:
            raise InvalidFieldException(
                f"The `{cls.alias}` field in target {address} must be at least 2, but it was 1\n"
                "hint: time between tokens takes two tokens"
            )
        return value


class BenchmarkTensorParallelSizeField(_CountField):
    alias = "tensor_parallel_size"
    default = 1
    help = help_text(
        """
        The number of devices that share each layer's weights, by transformers' tensor parallelism:
        the first that are visible. With `device="cpu"`, the number of processes.
        """
    )


class BenchmarkDtypeField(StringField):
    alias = "dtype"
    default = "bfloat16"
    valid_choices = ("bfloat16", "float16", "float32")
    help = help_text("The type of the weights.")


class BenchmarkSeedField(SeedField):
    help = help_text("The seed of random weights and prompts.")


class BenchmarkProcessesField(IntField):
    alias = "processes"
    valid_numbers = ValidNumbers.positive_only
    help = help_text(
        "The number of fresh processes to measure in, one by one. By default, the tool decides."
    )


class BenchmarkMinWarmupField(IntField):
    alias = "min_warmup"
    valid_numbers = ValidNumbers.positive_only
    help = help_text(
        "The minimum of runs before a process's first sample; more follow until they settle."
    )


class BenchmarkMaxWarmupField(IntField):
    alias = "max_warmup"
    valid_numbers = ValidNumbers.positive_only
    help = help_text("The maximum of runs before a process takes its first sample.")


class BenchmarkMinSamplesField(IntField):
    alias = "min_samples"
    valid_numbers = ValidNumbers.positive_only
    help = help_text("The minimum of samples that a process takes.")


class BenchmarkMaxSamplesField(IntField):
    alias = "max_samples"
    valid_numbers = ValidNumbers.positive_only
    help = help_text("The maximum of samples that a process takes.")


class _NumberField(FloatField):
    @classmethod
    def compute_value(cls, raw_value: Any, address: Address) -> float | None:
        value = float(raw_value) if type(raw_value) is int else raw_value
        return super().compute_value(value, address)


class BenchmarkMinSecondsField(_NumberField):
    alias = "min_seconds"
    valid_numbers = ValidNumbers.positive_and_zero
    help = help_text("The minimum of seconds for which a process takes samples.")


class BenchmarkTargetIntervalField(_NumberField):
    alias = "target_interval"
    valid_numbers = ValidNumbers.positive_only
    help = help_text(
        """
        A process takes samples until the 95 % interval of its median end-to-end time is no wider
        than this share of it, e.g. `target_interval=0.01`.
        """
    )


class BenchmarkTelemetryField(BoolField):
    alias = "telemetry"
    default = True
    help = help_text(
        "Whether to watch clocks, power, temperature, throttling and other processes meanwhile."
    )


class BenchmarkTraceField(BoolField):
    alias = "trace"
    default = False
    help = help_text(
        """
        Whether the first process runs once more after its samples under torch's profiler, and
        leaves `trace.json.gz` beside its result, for a viewer such as Perfetto.
        """
    )


class BenchmarkMaxRegressionField(Field):
    """`value` maps metrics to shares such as `5%`; the key `*` stands for all others."""

    alias = "max_regression"
    value: FrozenDict[str, str] | None
    default: ClassVar[None] = None
    help = help_text(
        """
        How much slower than its baseline the benchmark may get, e.g. `max_regression="5%"`; or for
        each metric, with `*` for all others: `max_regression={"time_to_first_token": "5%",
        "*": "2%"}`.
        By default, the tool decides.
        """
    )

    @classmethod
    def compute_value(cls, raw_value: Any, address: Address) -> _Limits:
        value = super().compute_value(raw_value, address)
        if value is None:
            return None
        limits = {"*": value} if isinstance(value, str) else value
        if not isinstance(limits, dict) or not all(isinstance(k, str) for k in limits):
            raise InvalidFieldTypeException(
                address, cls.alias, raw_value, expected_type="a string or a dictionary of strings"
            )
        for limit in limits.values():
            if not isinstance(limit, str) or not _SHARE.fullmatch(limit):
                raise InvalidFieldException(
                    f"The `{cls.alias}` field in target {address} must hold shares such as `5%`, "
                    f"but one was {limit!r}"
                )
        return FrozenDict(sorted(limits.items()))


class BenchmarkGoodputLimitsField(DictStringToStringField):
    alias = "goodput_limits"
    help = help_text(
        """
        What a request of continuous batching may take to count for the report's goodput, e.g.
        `goodput_limits={"time_to_first_token": "200ms", "per_token": "20ms"}`; `per_token` is the
        mean time of a request's tokens after the first. By default,
        `[gpu-bench].goodput_limits`. Other limits need no new measurement.
        """
    )

    @classmethod
    def compute_value(cls, raw_value: _Texts, address: Address) -> _Limits:
        value = super().compute_value(raw_value, address)
        for name, time in (value or {}).items():
            if goodput_limit(f"{name}={time}") is None:
                raise InvalidFieldException(
                    f"The `{cls.alias}` field in target {address} must hold times such as `200ms` "
                    f"of {' and '.join(f'`{known}`' for known in LIMIT_NAMES)}, but it has "
                    f"{name!r}: {time!r}"
                )
        return value


class BenchmarkBaselinesField(_DirectoryField):
    alias = "baselines"
    default = "baselines"
    help = help_text(
        """
        The directory for baselines, relative to the BUILD file. `gpu-baseline` writes a file for
        each device into it, which `test` compares with.
        """
    )


class BenchmarkTimeoutField(TestTimeoutField):
    default = 1800
    help = help_text(
        """
        The time limit in seconds for all processes of the benchmark together, loading included.
        Samples taken before it are kept. `[test].timeout_maximum` and `--no-test-timeouts`
        apply.
        """
    )


# Those that may not be combined in every way.
_COMBINED: tuple[type[Field], ...] = (
    BenchmarkAssistantField,
    BenchmarkAssistantTokensField,
    BenchmarkAsyncBatchingField,
    BenchmarkAttnImplementationField,
    BenchmarkBatchSizeField,
    BenchmarkCacheImplementationField,
    BenchmarkCompileModeField,
    BenchmarkConcurrencyField,
    BenchmarkContinuousBatchingField,
    BenchmarkCudaGraphsField,
    BenchmarkDeviceField,
    BenchmarkDtypeField,
    BenchmarkKernelizeField,
    BenchmarkMaxSamplesField,
    BenchmarkMaxWarmupField,
    BenchmarkMinSamplesField,
    BenchmarkMinWarmupField,
    BenchmarkPromptLookupTokensField,
    BenchmarkSdpaBackendField,
    BenchmarkTensorParallelSizeField,
)


class GpuBenchmarkTarget(Target):
    alias = "gpu_benchmark"
    core_fields = (
        *(field for field in COMMON_TARGET_FIELDS if field is not Tags),
        BenchmarkTagsField,
        BenchmarkDependenciesField,
        BenchmarkModelField,
        BenchmarkModelTypeField,
        BenchmarkCheckpointField,
        BenchmarkRepoIdField,
        BenchmarkRevisionField,
        BenchmarkArchitectureField,
        BenchmarkConfigField,
        BenchmarkQuantizationConfigField,
        BenchmarkDeviceField,
        BenchmarkAttnImplementationField,
        BenchmarkSdpaBackendField,
        BenchmarkCompileModeField,
        BenchmarkKernelizeField,
        BenchmarkContinuousBatchingField,
        BenchmarkAssistantField,
        BenchmarkAssistantCheckpointField,
        BenchmarkAssistantTokensField,
        BenchmarkPromptLookupTokensField,
        BenchmarkCudaGraphsField,
        BenchmarkAsyncBatchingField,
        BenchmarkConcurrencyField,
        BenchmarkCacheImplementationField,
        BenchmarkBatchSizeField,
        BenchmarkSequenceLengthField,
        BenchmarkNumTokensField,
        BenchmarkDtypeField,
        BenchmarkTensorParallelSizeField,
        BenchmarkSeedField,
        BenchmarkProcessesField,
        BenchmarkMinWarmupField,
        BenchmarkMaxWarmupField,
        BenchmarkMinSamplesField,
        BenchmarkMaxSamplesField,
        BenchmarkMinSecondsField,
        BenchmarkTargetIntervalField,
        BenchmarkTelemetryField,
        BenchmarkTraceField,
        BenchmarkMaxRegressionField,
        BenchmarkGoodputLimitsField,
        BenchmarkBaselinesField,
        BenchmarkTimeoutField,
        PythonResolveField,
    )
    help = help_text(
        f"""
        Measures a model on a CUDA device, as a test with the tag `{TAG}`, and compares it with a
        baseline. The result is reused until the inputs or the device change.

        Example BUILD file:

            gpu_benchmark(
                name="bench",
                model=":qwen3",
                config="configs/qwen3_8b.json",      # real shapes, random weights: no download
                attn_implementation=parametrize("sdpa", "flex_attention"),
                compile_mode="default",
                batch_size=parametrize(b1=1, b8=8),
                sequence_length=1024,
                num_tokens=256,
                max_regression="5%",
            )

        `{bin_name()} --tag={TAG} test ::` measures; without the tag, only a benchmark whose address
        is given is.
        """
    )

    def validate(self) -> None:
        self._check_model()
        settings = {field.alias: self[field].value for field in _COMBINED}
        checkpoint = self[BenchmarkAssistantCheckpointField].value
        if checkpoint is not None:
            if settings["assistant"] is not None:
                raise InvalidTargetException(
                    f"The `{self.alias}` target {self.address} has `assistant` and "
                    "`assistant_checkpoint`\nhint: omit one of them"
                )
            settings["assistant"] = checkpoint
        refused = refusal(settings)
        if refused is not None:
            raise InvalidTargetException(
                f"The `{self.alias}` target {self.address} cannot be measured: {refused.message}\n"
                f"hint: {refused.hint}"
            )

    def _check_model(self) -> None:
        sources = (
            BenchmarkModelField,
            BenchmarkModelTypeField,
            BenchmarkCheckpointField,
            BenchmarkRepoIdField,
        )
        given = [field.alias for field in sources if self[field].value is not None]
        if len(given) != 1:
            names = ", ".join(f"`{field.alias}`" for field in sources)
            raise InvalidTargetException(
                f"The `{self.alias}` target {self.address} must have one of {names}, but "
                f"{' and '.join(f'`{name}`' for name in given) or 'none'} was given\n"
                'hint: `model=":qwen3"` for a `modular_model` or `tiny_fixture` of this repository'
            )
        has_weights = given[0] in (BenchmarkCheckpointField.alias, BenchmarkRepoIdField.alias)
        if has_weights and self[BenchmarkConfigField].value is not None:
            raise InvalidTargetException(
                f"The `{self.alias}` target {self.address} has `config` beside `{given[0]}`, "
                "which has its own\n"
                "hint: leave out `config`, or name a `model_type` to measure those shapes"
            )
        has_shapes = given[0] == BenchmarkModelTypeField.alias
        if has_shapes and self[BenchmarkQuantizationConfigField].value is not None:
            raise InvalidTargetException(
                f"The `{self.alias}` target {self.address} has `quantization_config` beside "
                "`model_type`, whose weights are random and not read\n"
                "hint: name a `checkpoint`, a `repo_id` or a `tiny_fixture`"
            )
        repo_id, revision = self[BenchmarkRepoIdField].value, self[BenchmarkRevisionField].value
        if (repo_id is None) != (revision is None):
            given_one, missing = (
                ("revision", "repo_id")
                if repo_id is None
                else (
                    "repo_id",
                    "revision",
                )
            )
            raise InvalidTargetException(
                f"The `{self.alias}` target {self.address} has `{given_one}` but no `{missing}`\n"
                "hint: a model of a hub is named by both: what a name alone means can change"
            )


def _is_below(path: str) -> bool:
    """Whether a relative path stays below the directory that it starts in."""
    parts = PurePosixPath(path).parts
    return bool(parts) and not path.startswith("/") and ".." not in parts
