"""The request: one configuration to measure. Types, limits and defaults are declared here alone."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, get_args

from toolkit.json_record import NOT_EMPTY, Constraint, above, between

SCHEMA: Literal[1] = 1
Device = Literal["cuda", "xpu", "cpu"]
Attention = Literal[
    "eager",
    "sdpa",
    "flash_attention_2",
    "flash_attention_3",
    "flash_attention_4",
    "flex_attention",
]
SdpaBackend = Literal["flash", "efficient", "cudnn", "math"]
CompileMode = Literal["default", "reduce-overhead", "max-autotune", "max-autotune-no-cudagraphs"]
Cache = Literal["dynamic", "static", "offloaded", "offloaded_static"]
DType = Literal["bfloat16", "float16", "float32"]
COMPILE_MODES: tuple[str, ...] = get_args(CompileMode)
SOURCES = ("model_type", "module", "checkpoint", "repo_id")

DEFAULT_ASSISTANT_TOKENS = 5
_LARGEST_SEED = 2**32 - 1
_LAST_ROUND = 16
_IDENTIFIER = "[A-Za-z_][A-Za-z0-9_]*"
_MODULE = Constraint(
    lambda name: all(re.fullmatch(_IDENTIFIER, part) for part in name.split(".")),
    "the dotted name of a module",
)
_CLASS_NAME = Constraint(
    lambda name: bool(re.fullmatch(_IDENTIFIER, name)),
    "the name of a class",
    {"pattern": f"^{_IDENTIFIER}$"},
)


def _about(description: str) -> dict[str, str]:
    return {"description": description}


@dataclass(frozen=True)
class ModelSource:
    """Where the model comes from.

    Exactly one of the first four is set, or `module` beside `checkpoint`, for the class of a
    checkpoint that transformers does not know.
    """

    model_type: Annotated[str | None, NOT_EMPTY] = field(
        default=None,
        metadata=_about(
            "An architecture of the installed transformers, as in `AutoConfig`; random weights"
        ),
    )
    module: Annotated[str | None, NOT_EMPTY, _MODULE] = field(
        default=None,
        metadata=_about(
            "Module of the model class, e.g. `models.qwen3.modeling_qwen3`; random weights"
        ),
    )
    checkpoint: Annotated[str | None, NOT_EMPTY] = field(
        default=None,
        metadata=_about("Directory of a model repository, weights included; a tiny fixture too"),
    )
    repo_id: Annotated[str | None, NOT_EMPTY] = field(
        default=None, metadata=_about("Repository of a model hub")
    )
    root: Annotated[str | None, NOT_EMPTY] = field(
        default=None,
        metadata=_about(
            "Directory that the module's package begins in; null: the working directory"
        ),
    )
    revision: str | None = field(
        default=None, metadata=_about("Commit of repo_id, 40 hexadecimal digits")
    )
    architecture: Annotated[str | None, NOT_EMPTY, _CLASS_NAME] = field(
        default=None, metadata=_about("The model class; null: the one that can generate text")
    )

    @property
    def has_random_weights(self) -> bool:
        """Whether the weights are made on the device, and not read."""
        return self.checkpoint is None and self.repo_id is None

    @property
    def import_root(self) -> str | None:
        """The directory that `module` is imported from; None without a module."""
        return None if self.module is None else self.root or "."

    def __str__(self) -> str:
        """The source's name in messages."""
        return self.checkpoint or next(
            str(getattr(self, source)) for source in SOURCES if getattr(self, source)
        )


@dataclass(frozen=True)
class Request:
    """One configuration to measure."""

    schema: Literal[1]
    address: Annotated[str, NOT_EMPTY] = field(
        metadata=_about("The target's address; messages, results and baselines name it")
    )
    model: ModelSource
    config: Mapping[str, Any] | None = field(
        default=None,
        metadata=_about(
            "The model's config with real shapes, as in config.json; null: the default of the "
            "model type, or what the checkpoint has"
        ),
    )
    quantization_config: Mapping[str, Any] | None = field(
        default=None,
        metadata=_about(
            "How a checkpoint's weights are quantised when they are read, or dequantised: "
            "`quant_method` and its settings, as transformers' `quantization_config`; null: as "
            "they are"
        ),
    )
    device: Device = field(
        default="cuda",
        metadata=_about(
            "cuda is also torch's name for AMD devices, xpu for those of Intel; neither was tried. "
            "cpu is for smoke tests: the same code, no accelerator"
        ),
    )
    attn_implementation: Attention = "sdpa"
    sdpa_backend: SdpaBackend | None = field(
        default=None,
        metadata=_about("The only kernel that sdpa may use; null: torch chooses for each call"),
    )
    compile_mode: CompileMode | None = field(
        default=None, metadata=_about("Mode of torch.compile; null: not compiled")
    )
    kernelize: bool = field(
        default=False, metadata=_about("Whether to load with the kernels of the `kernels` package")
    )
    continuous_batching: bool = False
    concurrency: Annotated[int | None, between(1)] = field(
        default=None,
        metadata=_about(
            "With continuous batching: requests in progress at once, of the batch_size in each "
            "sample; a finished one is followed by the next. null: all at once"
        ),
    )
    assistant: ModelSource | None = field(
        default=None,
        metadata=_about(
            "A smaller model that proposes tokens, which the model accepts or replaces "
            "(speculative decoding)"
        ),
    )
    assistant_config: Mapping[str, Any] | None = field(
        default=None, metadata=_about("As `config`, of an assistant with random weights")
    )
    assistant_tokens: Annotated[int | None, between(1)] = field(
        default=None,
        metadata=_about(
            f"Tokens that the assistant proposes in each step; null: {DEFAULT_ASSISTANT_TOKENS}"
        ),
    )
    prompt_lookup_tokens: Annotated[int | None, between(1)] = field(
        default=None,
        metadata=_about(
            "Tokens to propose in each step, at most, from where the text so far has the last "
            "tokens before; null: no prompt lookup"
        ),
    )
    cuda_graphs: bool | None = field(
        default=None,
        metadata=_about(
            "Whether continuous batching captures CUDA graphs; null: what transformers chooses, "
            "which the result records"
        ),
    )
    async_batching: bool | None = field(
        default=None,
        metadata=_about(
            "Whether continuous batching prepares a batch while the device works on the last one; "
            "null: likewise"
        ),
    )
    cache_implementation: Cache | None = field(
        default=None,
        metadata=_about("null: static if compiled and without continuous batching, else dynamic"),
    )
    batch_size: Annotated[int, between(1)] = 1
    sequence_length: Annotated[int, between(1)] = field(
        default=128, metadata=_about("Tokens of each prompt")
    )
    num_tokens: Annotated[int, between(2)] = field(
        default=128, metadata=_about("Tokens to generate for each prompt, exactly")
    )
    dtype: DType = "bfloat16"
    tensor_parallel_size: Annotated[int | None, between(1)] = field(
        default=None,
        metadata=_about(
            "Devices that share each layer's weights, by transformers' tensor parallelism; with "
            "the processor, its processes. null: 1"
        ),
    )
    seed: Annotated[int, between(0, _LARGEST_SEED)] = 0
    processes: Annotated[int, between(1)] = field(
        default=4,
        metadata=_about(
            "Fresh processes that the configuration is measured in, one after the other"
        ),
    )
    min_warmup: Annotated[int, between(1)] = field(
        default=3,
        metadata=_about(
            "Runs before the first sample of a process, at least; the first of them is the "
            "first-run cost"
        ),
    )
    max_warmup: Annotated[int, between(1)] = 30
    min_samples: Annotated[int, between(1)] = field(
        default=10, metadata=_about("Samples of a process, at least")
    )
    max_samples: Annotated[int, between(1)] = 200
    min_seconds: Annotated[float, between(0)] = field(
        default=2, metadata=_about("Time spent on samples in a process, at least")
    )
    target_interval: Annotated[float, above(0)] = field(
        default=0.01,
        metadata=_about(
            "A process measures until the 95 % interval of its median end-to-end time is no wider "
            "than this share of it"
        ),
    )
    timeout_seconds: Annotated[float, above(0)] = field(
        default=1800, metadata=_about("For all processes together, loading included")
    )
    telemetry: bool = field(
        default=True,
        metadata=_about(
            "Whether to watch clocks, power, temperature, throttling and foreign processes"
        ),
    )
    trace: bool = field(
        default=False,
        metadata=_about(
            "Whether the first process runs once more after its samples under torch's profiler, "
            "and writes trace.json.gz beside the result"
        ),
    )
    round: Annotated[int, between(0, _LAST_ROUND)] = field(
        default=0,
        metadata=_about(
            "0, or the number of the repetition after an inconclusive verdict; each doubles the "
            "minimum of samples"
        ),
    )
    accelerator: str | None = field(
        default=None,
        metadata=_about("What the build system found out about the device; recorded only"),
    )

    @property
    def cache(self) -> str:
        """The cache that `generate` gets; not meaningful with continuous batching."""
        return self.cache_implementation or ("static" if self.compile_mode else "dynamic")

    @property
    def ranks(self) -> int:
        """Processes that generate together, each with a device of its own."""
        return self.tensor_parallel_size or 1

    @property
    def import_root(self) -> str | None:
        """The directory that modules are imported from; None without one."""
        of_assistant = None if self.assistant is None else self.assistant.import_root
        return self.model.import_root or of_assistant

    @property
    def proposes_tokens(self) -> bool:
        """Whether the model checks several tokens at once that something else proposed."""
        return self.assistant is not None or self.prompt_lookup_tokens is not None

    @property
    def least_samples(self) -> int:
        """Samples of a process, at least: each round doubles them."""
        return self.min_samples << self.round

    @property
    def most_samples(self) -> int:
        """Samples of a process, at most: each round doubles them too."""
        return self.max_samples << self.round

    def to_json(self) -> dict[str, Any]:
        """The request with all defaults filled in, as its schema describes it."""
        values = dataclasses.asdict(self)
        for source in ("model", "assistant"):
            if values[source] is not None:
                given = {key: value for key, value in values[source].items() if value is not None}
                values[source] = given
        return values
