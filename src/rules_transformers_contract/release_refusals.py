"""Combinations of settings that a release of transformers cannot measure.

The table is what the command `gpu_bench.testing.combinations` found with each release, on a tiny
model on a CPU. A release that was not tried counts as the latest tried one before it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rules_transformers_contract.refused_combinations import Refusal

Features = Mapping[str, Any]

# By release: the features of what fails.
FAILED: Mapping[str, tuple[Features, ...]] = {
    "5.23.0": (
        {
            "attn_implementation": "flex_attention",
            "compiled": False,
            "cache": "static",
            "proposals": None,
        },
        {
            "attn_implementation": "flex_attention",
            "compiled": True,
            "cache": "static",
            "proposals": None,
        },
    ),
    "5.24.0": (),
}


def features(settings: Mapping[str, Any]) -> dict[str, Any]:
    """What of a benchmark's settings decides whether a release can measure them.

    :param settings: values by the names that a `gpu_benchmark` target and a request give them.
    """
    compiled = settings["compile_mode"] is not None
    cache = settings["cache_implementation"]
    if settings["continuous_batching"]:
        cache = "paged"
    elif cache is None:
        cache = "static" if compiled else "dynamic"
    proposals = None
    if settings["assistant"] is not None:
        proposals = "assistant"
    elif settings["prompt_lookup_tokens"] is not None:
        proposals = "prompt_lookup"
    return {
        "attn_implementation": settings["attn_implementation"],
        "compiled": compiled,
        "cache": cache,
        "proposals": proposals,
    }


def release_refusal(settings: Mapping[str, Any], release: str) -> Refusal | None:
    """Why a release of transformers cannot measure settings, or None.

    :param release: the version, such as `5.23.0`.
    """
    tried = sorted(FAILED, key=_order)
    earlier = [known for known in tried if _order(known) <= _order(release)]
    nearest = earlier[-1] if earlier else tried[0]
    named = features(settings)
    if named not in FAILED[nearest]:
        return None
    measurable = [known for known in tried if named not in FAILED[known]]
    upgrade = f"transformers {measurable[-1]}" if measurable else "another release"
    what = f'`attn_implementation="{named["attn_implementation"]}"` and a {named["cache"]} cache'
    if named["compiled"]:
        what += f' (`compile_mode="{settings["compile_mode"]}"`)'
    if named["proposals"]:
        what += " and proposed tokens"
    return Refusal(
        f"transformers {release} cannot generate with {what}",
        f"use {upgrade}, or other settings: `sdpa` works with every cache",
    )


def _order(release: str) -> tuple[int, ...]:
    """Numbers of a version; what follows them (`.dev0`, `rc1`) does not count."""
    match = re.match(r"\d+(\.\d+)*", release)
    return tuple(map(int, match[0].split("."))) if match else ()
