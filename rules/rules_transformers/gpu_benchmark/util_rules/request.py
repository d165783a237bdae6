"""The request file that `gpu_bench run` reads."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from rules_transformers.gpu_benchmark.field_set import GpuBenchmarkFieldSet

SCHEMA = 1

# Those fields whose names and values the request has too.
_SETTINGS = (
    "device",
    "attn_implementation",
    "sdpa_backend",
    "compile_mode",
    "kernelize",
    "continuous_batching",
    "cuda_graphs",
    "async_batching",
    "concurrency",
    "assistant_tokens",
    "prompt_lookup_tokens",
    "cache_implementation",
    "batch_size",
    "sequence_length",
    "num_tokens",
    "dtype",
    "tensor_parallel_size",
    "seed",
    "processes",
    "min_warmup",
    "max_warmup",
    "min_samples",
    "max_samples",
    "min_seconds",
    "target_interval",
    "telemetry",
    "trace",
)


@dataclass(frozen=True)
class MeasuredModel:
    """What a request names as its model.

    :param module: the module of the model classes, if the repository has them, with the source
        root that it is relative to.
    :param checkpoint: a directory with a model and its weights, relative to the sandbox.
    :param config: the text of the config file.
    :param assistant: the directory of the assistant with its weights, relative to the sandbox.
    :param assistant_module: the module of the assistant's classes, if the repository has them,
        with the source root that it is relative to.
    """

    module: str | None = None
    root: str | None = None
    checkpoint: str | None = None
    config: str | None = None
    assistant: str | None = None
    assistant_module: str | None = None
    assistant_root: str | None = None


def request_document(
    field_set: GpuBenchmarkFieldSet,
    model: MeasuredModel,
    *,
    timeout_seconds: int | None,
    round_number: int,
    accelerator: str | None,
) -> bytes:
    """The text of a request for one benchmark.

    :param round_number: 0, or how often it was measured before without a decision.
    :param accelerator: the fingerprint that the result is cached under.
    """
    named = {
        "model_type": field_set.model_type.value,
        "module": model.module,
        "root": model.root,
        "checkpoint": model.checkpoint,
        "repo_id": field_set.repo_id.value,
        "revision": field_set.revision.value,
        "architecture": field_set.architecture.value,
    }
    assistant = {
        "checkpoint": model.assistant,
        "module": model.assistant_module,
        "root": model.assistant_root,
    }
    settings = {name: getattr(field_set, name).value for name in _SETTINGS}
    quantization = field_set.quantization_config.value
    document = {
        "schema": SCHEMA,
        "address": field_set.address.spec,
        "model": _given(named),
        "assistant": _given(assistant) or None,
        "config": None if model.config is None else json.loads(model.config),
        "quantization_config": None if quantization is None else json.loads(quantization),
        **settings,
        "timeout_seconds": timeout_seconds,
        "round": round_number,
        "accelerator": accelerator,
    }
    # What is not given is left to the tool's defaults.
    return (json.dumps(_given(document), indent=1, sort_keys=True) + "\n").encode()


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def config_problem(path: str, content: bytes) -> str | None:
    """What is wrong with a config file, with its place; None if it holds a JSON object."""
    try:
        value = json.loads(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        return f"{path}: not UTF-8 text: byte {error.start + 1} is {content[error.start]:#04x}"
    except json.JSONDecodeError as error:
        return f"{path}:{error.lineno}:{error.colno}: not JSON: {error.msg}"
    if not isinstance(value, dict):
        return f"{PurePosixPath(path)}: expected a JSON object, found {type(value).__name__}"
    return None
