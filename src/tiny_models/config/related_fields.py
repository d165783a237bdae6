"""Fields whose tiny values depend on each other: pictures and patches, heads, missing counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tiny_models.config.field_rules import EXPERTS, HEAD_DIM, HEADS, VOCABULARY

# Enough for four patches each way, and for a backbone's stride of 32.
IMAGE_SIZE = 64
PATCHES = 4
# In pixels. A picture of smaller patches has more than `PATCHES` each way.
_LARGEST_PATCH = 16
_SMALLEST_PATCH = 8

_KEY_VALUE_HEADS = ("num_key_value_heads", "num_kv_heads", "kv_heads")
_HEADS = ("num_attention_heads", "num_heads", "n_head")
# What to put where a class has no default but computes with the number.
_MISSING = {
    "num_key_value_heads": HEADS,
    "n_routed_experts": EXPERTS,
    "head_dim": HEAD_DIM,
    "n_shared_experts": 1,
    "num_experts_per_tok": 2,
    "vocab_size": VOCABULARY,
}


def related_sizes(start: Any) -> dict[str, Any]:
    """Replacements for fields that depend on others, given the full-size config."""
    if start is None:
        return {}
    before = vars(start)
    changes = _pictures(before)
    heads = next((before[name] for name in _HEADS if isinstance(before.get(name), int)), None)
    for name in _KEY_VALUE_HEADS:
        # As many as heads: a model without sharing, and some can do nothing else.
        if name in before and heads is not None and before[name] == heads:
            changes[name] = HEADS
    for name, number in _MISSING.items():
        if name in before and before[name] is None and heads is not None:
            changes[name] = number
    return changes


def _pictures(before: Mapping[str, Any]) -> dict[str, Any]:
    """Picture and patch sizes that divide each other."""
    sizes: dict[str, Any] = {}
    patch, image = before.get("patch_size"), before.get("image_size")
    if isinstance(patch, int) and patch > _LARGEST_PATCH:
        patch = sizes["patch_size"] = _LARGEST_PATCH
    if isinstance(image, int):
        if isinstance(patch, int) and patch >= _SMALLEST_PATCH:
            sizes["image_size"] = PATCHES * patch
        else:
            sizes["image_size"] = min(image, IMAGE_SIZE)
    elif isinstance(image, (list, tuple)) and all(isinstance(side, int) for side in image):
        whole = patch if isinstance(patch, int) and patch >= _SMALLEST_PATCH else 1
        sizes["image_size"] = [min(side, IMAGE_SIZE) // whole * whole for side in image]
    return sizes
