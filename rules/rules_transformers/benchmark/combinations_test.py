from __future__ import annotations

import pytest

from rules_transformers.benchmark.combinations import illegal_combination

_LEGAL = {
    "attn_implementation": "sdpa",
    "cache_implementation": None,
    "compile_mode": None,
    "continuous_batching": False,
    "device": "cuda",
    "dtype": "bfloat16",
    "kernelize": False,
    "max_samples": None,
    "max_warmup": None,
    "min_samples": None,
    "min_warmup": None,
}


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"attn_implementation": "flash_attention_2"},
        {"attn_implementation": "flex_attention", "compile_mode": "default"},
        {"compile_mode": "reduce-overhead", "cache_implementation": "static"},
        {"compile_mode": "default", "cache_implementation": "offloaded_static"},
        {"continuous_batching": True},
        {"min_samples": 5, "max_samples": 5},
    ],
)
def test_legal(settings: dict) -> None:
    assert illegal_combination({**_LEGAL, **settings}) is None


@pytest.mark.parametrize(
    "settings, named",
    [
        ({"attn_implementation": "flash_attention_2", "dtype": "float32"}, "dtype"),
        ({"attn_implementation": "flash_attention_2", "device": "cpu"}, "device"),
        ({"attn_implementation": "flash_attention_2", "compile_mode": "default"}, "compile_mode"),
        (
            {"attn_implementation": "flex_attention", "continuous_batching": True},
            "continuous_batching",
        ),
        (
            {"continuous_batching": True, "cache_implementation": "static"},
            "cache_implementation",
        ),
        ({"compile_mode": "default", "cache_implementation": "dynamic"}, "cache_implementation"),
        ({"cache_implementation": "offloaded", "device": "cpu"}, "cache_implementation"),
        ({"kernelize": True, "device": "cpu"}, "kernelize"),
        ({"min_warmup": 5, "max_warmup": 4}, "max_warmup"),
        ({"min_samples": 5, "max_samples": 4}, "max_samples"),
    ],
)
def test_illegal_ones_name_field_and_remedy(settings: dict, named: str) -> None:
    found = illegal_combination({**_LEGAL, **settings})
    assert found is not None
    assert named in found.message
    assert found.hint
