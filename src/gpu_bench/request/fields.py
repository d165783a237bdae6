"""The fields of a request: one configuration to measure."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SCHEMA = 1
ATTENTIONS = ("eager", "sdpa", "flash_attention_2", "flex_attention")
COMPILE_MODES = ("default", "reduce-overhead", "max-autotune", "max-autotune-no-cudagraphs")
CACHES = ("dynamic", "static", "offloaded", "offloaded_static")
DTYPES = ("bfloat16", "float16", "float32")
LARGEST_SEED = 2**32 - 1
LAST_ROUND = 16
SOURCES = ("model_type", "module", "checkpoint", "repo_id")


@dataclass(frozen=True)
class ModelSource:
    """Where the model comes from: exactly one of the first four is set, or `module` beside
    `checkpoint`, for the class of a checkpoint that transformers does not know."""

    model_type: str | None = None
    module: str | None = None
    checkpoint: str | None = None
    repo_id: str | None = None
    root: str = "."
    revision: str | None = None
    architecture: str | None = None

    @property
    def has_random_weights(self) -> bool:
        """Whether the weights are made on the device, and not read."""
        return self.checkpoint is None and self.repo_id is None

    def __str__(self) -> str:
        return self.checkpoint or next(
            str(getattr(self, each)) for each in SOURCES if getattr(self, each)
        )


@dataclass(frozen=True)
class Request:
    """One configuration to measure; the schema tells what each field means."""

    address: str
    model: ModelSource
    config: Mapping[str, Any] | None = None
    device: str = "cuda"
    attn_implementation: str = "sdpa"
    compile_mode: str | None = None
    kernelize: bool = False
    continuous_batching: bool = False
    cache_implementation: str | None = None
    batch_size: int = 1
    sequence_length: int = 128
    num_tokens: int = 128
    dtype: str = "bfloat16"
    seed: int = 0
    processes: int = 4
    min_warmup: int = 3
    max_warmup: int = 30
    min_samples: int = 10
    max_samples: int = 200
    min_seconds: float = 2
    target_interval: float = 0.01
    timeout_seconds: float = 1800
    telemetry: bool = True
    round: int = 0
    accelerator: str | None = None

    @property
    def cache(self) -> str:
        """The cache that `generate` gets; not meaningful with continuous batching."""
        return self.cache_implementation or ("static" if self.compile_mode else "dynamic")

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
        model = {key: value for key, value in values["model"].items() if value is not None}
        if self.model.module is None:
            del model["root"]
        return {"schema": SCHEMA, **values, "model": model}
