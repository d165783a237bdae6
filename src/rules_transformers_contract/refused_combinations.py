"""Combinations of a benchmark's settings that cannot be measured.

Settings are never rewritten, so that a result is always one of the very settings in its request.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

# Compiled code has a static cache.
_NOT_COMPILED = ("dynamic", "offloaded")
_OFFLOADED = ("offloaded", "offloaded_static")


@dataclass(frozen=True)
class Refusal:
    """Why a combination cannot be measured, and how to change it: a sentence and a hint."""

    message: str
    hint: str


def refusal(settings: Mapping[str, Any]) -> Refusal | None:
    """The first reason why settings cannot be measured together, or None.

    :param settings: values by the names that a `gpu_benchmark` target and a request give them; a
        limit that is not set is None.
    """
    return next(_refusals(settings), None)


def _refusals(settings: Mapping[str, Any]) -> Iterator[Refusal]:
    yield from _of_attention(settings)
    yield from _of_batching_switches(settings)
    yield from _of_concurrency(settings)
    yield from _of_proposed_tokens(settings)
    yield from _of_tensor_parallelism(settings)
    if settings["continuous_batching"]:
        yield from _of_continuous_batching(settings)
    elif settings["compile_mode"] is not None and settings["cache_implementation"] in _NOT_COMPILED:
        yield Refusal(
            f"{_named(settings, 'compile_mode')} has no effect with "
            f"{_named(settings, 'cache_implementation')}: only a static cache is compiled",
            'use `cache_implementation="static"`, or omit `cache_implementation`',
        )
    if settings["device"] == "cpu":
        yield from _of_cpu(settings)
    for limited in ("warmup", "samples"):
        least, most = settings[f"min_{limited}"], settings[f"max_{limited}"]
        if least is not None and most is not None and least > most:
            yield Refusal(
                f"`min_{limited}={least}` is more than `max_{limited}={most}`",
                f"raise `max_{limited}` or lower `min_{limited}`",
            )


def _of_attention(settings: Mapping[str, Any]) -> Iterator[Refusal]:
    if settings["sdpa_backend"] is not None:
        yield from _of_sdpa(settings)
    if not settings["attn_implementation"].startswith("flash_attention_"):
        return
    attention = _named(settings, "attn_implementation")
    if settings["device"] == "cpu":
        yield Refusal(
            f'{attention} needs a CUDA device, but `device="cpu"`',
            'use `attn_implementation="sdpa"`',
        )
    if settings["dtype"] == "float32":
        yield Refusal(
            f'{attention} computes in half precision, but `dtype="float32"`',
            'use `dtype="bfloat16"`, or `attn_implementation="sdpa"`',
        )
    if settings["compile_mode"] is not None:
        yield Refusal(
            f"{attention} breaks the graph that {_named(settings, 'compile_mode')} compiles",
            'use `attn_implementation="sdpa"`, or omit `compile_mode`',
        )


def _of_sdpa(settings: Mapping[str, Any]) -> Iterator[Refusal]:
    backend = _named(settings, "sdpa_backend")
    if settings["attn_implementation"] != "sdpa":
        yield Refusal(
            f"{backend} has no effect with {_named(settings, 'attn_implementation')}",
            'omit `sdpa_backend`, or use `attn_implementation="sdpa"`',
        )
    if settings["device"] == "cpu":
        if settings["sdpa_backend"] in ("cudnn", "efficient"):
            yield Refusal(
                f'{backend} needs a CUDA device, but `device="cpu"`', "use `flash` or `math`"
            )
    elif settings["dtype"] == "float32" and settings["sdpa_backend"] in ("cudnn", "flash"):
        yield Refusal(
            f'{backend} computes in half precision, but `dtype="float32"`',
            'use `dtype="bfloat16"`, or `efficient` or `math`',
        )


def _of_batching_switches(settings: Mapping[str, Any]) -> Iterator[Refusal]:
    for name in ("cuda_graphs", "async_batching"):
        if settings[name] is None:
            continue
        if not settings["continuous_batching"]:
            yield Refusal(
                f"`{name}` has no effect without `continuous_batching`",
                f"omit `{name}`, or set `continuous_batching`",
            )
        elif settings[name] and settings["device"] == "cpu":
            yield Refusal(f'`{name}` needs a CUDA device, but `device="cpu"`', f"omit `{name}`")


def _of_concurrency(settings: Mapping[str, Any]) -> Iterator[Refusal]:
    most, requests = settings["concurrency"], settings["batch_size"]
    if most is None:
        return
    if not settings["continuous_batching"]:
        yield Refusal(
            "`concurrency` has no effect without `continuous_batching`",
            "omit `concurrency`, or set `continuous_batching`",
        )
    elif most > requests:
        yield Refusal(
            f"`concurrency={most}` is more than `batch_size={requests}`, the requests of a sample",
            "raise `batch_size` or lower `concurrency`",
        )


def _of_proposed_tokens(settings: Mapping[str, Any]) -> Iterator[Refusal]:
    has_assistant = settings["assistant"] is not None
    if settings["assistant_tokens"] is not None and not has_assistant:
        yield Refusal(
            "`assistant_tokens` has no effect without an assistant",
            "omit `assistant_tokens`, or name the assistant that proposes them",
        )
    if settings["prompt_lookup_tokens"] is not None:
        if has_assistant:
            yield Refusal(
                "an assistant and `prompt_lookup_tokens` would both propose tokens",
                "omit one of them",
            )
        proposing = f"`prompt_lookup_tokens={settings['prompt_lookup_tokens']}`"
    elif has_assistant:
        proposing = "an assistant"
    else:
        return
    if settings["batch_size"] > 1:
        yield Refusal(
            f"`generate` checks tokens that {proposing} proposes for one prompt only, but "
            f"`batch_size={settings['batch_size']}`",
            "use `batch_size=1`",
        )
    if settings["continuous_batching"]:
        yield Refusal(
            f"`continuous_batching` takes no tokens that {proposing} proposes",
            "omit `continuous_batching`",
        )
    elif settings["compile_mode"] is not None:
        yield Refusal(
            f"{_named(settings, 'compile_mode')} takes a static cache, which has no room for "
            f"tokens that {proposing} proposes",
            "omit `compile_mode`",
        )
    elif settings["cache_implementation"] in ("static", "offloaded_static"):
        # transformers 5.23.0 refuses it; in 5.24.0 proposals from the prompt overrun the cache.
        yield Refusal(
            f"{_named(settings, 'cache_implementation')} has no room for tokens that {proposing} "
            "proposes",
            'use `cache_implementation="dynamic"`',
        )


def _of_tensor_parallelism(settings: Mapping[str, Any]) -> Iterator[Refusal]:
    ranks = settings["tensor_parallel_size"]
    if ranks is not None and ranks > 1 and settings["continuous_batching"]:
        # Tried with transformers 5.24.0: the other ranks get no request that they could wait for.
        yield Refusal(
            f"`tensor_parallel_size={ranks}` has each rank make the same requests, but "
            "`continuous_batching` takes them from the first rank only",
            "omit `continuous_batching` or `tensor_parallel_size`",
        )


def _of_continuous_batching(settings: Mapping[str, Any]) -> Iterator[Refusal]:
    if settings["attn_implementation"] == "flex_attention":
        yield Refusal(
            "`continuous_batching` pages its cache, and there is no paged form of "
            f"{_named(settings, 'attn_implementation')}",
            "use `sdpa`, `eager` or `flash_attention_2`",
        )
    if settings["cache_implementation"] is not None:
        yield Refusal(
            "`continuous_batching` has a paged cache of its own, so "
            f"{_named(settings, 'cache_implementation')} would have no effect",
            "omit `cache_implementation`",
        )


def _of_cpu(settings: Mapping[str, Any]) -> Iterator[Refusal]:
    if settings["cache_implementation"] in _OFFLOADED:
        yield Refusal(
            f"{_named(settings, 'cache_implementation')} has nothing to offload from with "
            '`device="cpu"`',
            "use `dynamic` or `static`",
        )
    if settings["kernelize"]:
        yield Refusal(
            '`kernelize` is for accelerators, but `device="cpu"`',
            "omit `kernelize`",
        )


def _named(settings: Mapping[str, Any], name: str) -> str:
    return f'`{name}="{settings[name]}"`'
