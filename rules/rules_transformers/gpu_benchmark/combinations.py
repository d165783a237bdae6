"""Combinations of a benchmark's settings that cannot be measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class IllegalCombination:
    """What is wrong, as the rest of a sentence about the target, and how to mend it."""

    message: str
    hint: str


def illegal_combination(settings: Mapping[str, Any]) -> IllegalCombination | None:
    """The first combination in the settings that cannot be measured.

    Nothing is ever rewritten, so a result is always one of the very settings that were asked for.

    :param settings: the values of the target's fields by their names.
    """
    attention = settings["attn_implementation"]
    compiled = settings["compile_mode"]
    cache = settings["cache_implementation"]
    continuous = settings["continuous_batching"]
    if attention == "flash_attention_2":
        if settings["device"] == "cpu":
            return IllegalCombination(
                'has `attn_implementation="flash_attention_2"` with `device="cpu"`',
                'flash attention needs a CUDA device; use `attn_implementation="sdpa"`',
            )
        if settings["dtype"] == "float32":
            return IllegalCombination(
                'has `attn_implementation="flash_attention_2"` with `dtype="float32"`',
                'flash attention computes in half precision; use `dtype="bfloat16"`',
            )
        if compiled is not None:
            return IllegalCombination(
                'has `attn_implementation="flash_attention_2"`, which breaks the graph, with '
                "`compile_mode`",
                'use `attn_implementation="sdpa"`, or leave out `compile_mode`',
            )
    if continuous:
        if attention == "flex_attention":
            return IllegalCombination(
                'has `continuous_batching` with `attn_implementation="flex_attention"`',
                "continuous batching pages its cache, which flex attention does not; use `sdpa`, "
                "`eager` or `flash_attention_2`",
            )
        if cache is not None:
            return IllegalCombination(
                "has `continuous_batching` with `cache_implementation`",
                "continuous batching has a paged cache of its own; leave out "
                "`cache_implementation`",
            )
    elif compiled is not None and cache in ("dynamic", "offloaded"):
        return IllegalCombination(
            f'has `compile_mode` with `cache_implementation="{cache}"`',
            "only a static cache is compiled; leave out `cache_implementation`",
        )
    if settings["device"] == "cpu" and cache in ("offloaded", "offloaded_static"):
        return IllegalCombination(
            f'has `cache_implementation="{cache}"` with `device="cpu"`',
            "on a CPU there is nothing to offload from; use `dynamic` or `static`",
        )
    if settings["kernelize"] and settings["device"] == "cpu":
        return IllegalCombination(
            'has `kernelize` with `device="cpu"`',
            "the kernels are for accelerators; leave out `kernelize`",
        )
    for what in ("warmup", "samples"):
        least, most = settings[f"min_{what}"], settings[f"max_{what}"]
        if least is not None and most is not None and least > most:
            return IllegalCombination(
                f"has `min_{what}={least}`, which is more than `max_{what}={most}`",
                f"raise `max_{what}` or lower `min_{what}`",
            )
    return None
