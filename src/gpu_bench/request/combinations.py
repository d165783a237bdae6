"""Combinations of fields that cannot be measured. Nothing is rewritten: each is an error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.errors import InputError

if TYPE_CHECKING:
    from gpu_bench.request.fields import Request


def check_combinations(request: Request) -> None:
    """Raises InputError that names the fields and the remedy, at the first that cannot be."""
    for problem in (_weights, _attention, _continuous_batching, _cache, _cpu):
        found = problem(request)
        if found is not None:
            message, hint = found
            raise InputError(message, hint=hint)


def _weights(request: Request) -> tuple[str, str] | None:
    if request.config is not None and not request.model.has_random_weights:
        return (
            f"`config` cannot be combined with a checkpoint: {request.model} has its own",
            "leave `config` away, or name a `model_type` to measure those shapes",
        )
    return None


def _attention(request: Request) -> tuple[str, str] | None:
    if request.attn_implementation != "flash_attention_2":
        return None
    if request.dtype == "float32":
        return (
            "`attn_implementation` flash_attention_2 does not know `dtype` float32",
            "choose bfloat16 or float16, or the attention implementation sdpa",
        )
    if request.compile_mode is not None:
        return (
            "`attn_implementation` flash_attention_2 breaks the graph of `compile_mode` "
            f"{request.compile_mode}",
            "choose sdpa or flex_attention to measure compiled code, or no compile mode",
        )
    return None


def _continuous_batching(request: Request) -> tuple[str, str] | None:
    if not request.continuous_batching:
        return None
    if request.attn_implementation == "flex_attention":
        return (
            "`continuous_batching` has no paged form of `attn_implementation` flex_attention",
            "choose eager, sdpa or flash_attention_2",
        )
    if request.cache_implementation is not None:
        return (
            "`continuous_batching` has a paged cache of its own, so `cache_implementation` "
            f"{request.cache_implementation} would not be used",
            "leave `cache_implementation` away",
        )
    return None


def _cache(request: Request) -> tuple[str, str] | None:
    if request.compile_mode is None or request.cache_implementation not in ("dynamic", "offloaded"):
        return None
    return (
        f"`compile_mode` {request.compile_mode} has no effect with `cache_implementation` "
        f"{request.cache_implementation}: only a static cache is compiled",
        "choose the cache static, or leave `cache_implementation` away",
    )


def _cpu(request: Request) -> tuple[str, str] | None:
    if request.device != "cpu":
        return None
    if request.attn_implementation == "flash_attention_2":
        return (
            "`attn_implementation` flash_attention_2 does not run on `device` cpu",
            "choose eager, sdpa or flex_attention",
        )
    if request.cache_implementation in ("offloaded", "offloaded_static"):
        return (
            f"`cache_implementation` {request.cache_implementation} has nothing to offload from "
            "on `device` cpu",
            "choose dynamic or static",
        )
    if request.kernelize:
        return (
            "`kernelize` is for accelerators, and `device` is cpu",
            "leave `kernelize` away",
        )
    return None
