from __future__ import annotations

from typing import Any

import pytest

from rules_transformers_contract.refused_combinations import refusal

_MEASURABLE = {
    "assistant": None,
    "assistant_tokens": None,
    "prompt_lookup_tokens": None,
    "async_batching": None,
    "attn_implementation": "sdpa",
    "batch_size": 8,
    "cache_implementation": None,
    "compile_mode": None,
    "concurrency": None,
    "continuous_batching": False,
    "cuda_graphs": None,
    "device": "cuda",
    "dtype": "bfloat16",
    "kernelize": False,
    "max_samples": None,
    "max_warmup": None,
    "min_samples": None,
    "min_warmup": None,
    "sdpa_backend": None,
    "tensor_parallel_size": None,
}


@pytest.mark.parametrize(
    ("settings", "refused"),
    [
        ({}, None),
        ({"attn_implementation": "flash_attention_2"}, None),
        ({"attn_implementation": "flash_attention_2", "dtype": "float16"}, None),
        ({"attn_implementation": "flash_attention_2", "dtype": "float32"}, "dtype"),
        ({"attn_implementation": "flash_attention_2", "device": "cpu"}, "device"),
        ({"attn_implementation": "flash_attention_2", "compile_mode": "default"}, "compile_mode"),
        ({"attn_implementation": "flash_attention_2", "continuous_batching": True}, None),
        ({"attn_implementation": "flash_attention_3"}, None),
        ({"attn_implementation": "flash_attention_3", "dtype": "float32"}, "dtype"),
        ({"attn_implementation": "flash_attention_4", "device": "cpu"}, "device"),
        ({"sdpa_backend": "cudnn"}, None),
        ({"tensor_parallel_size": 2}, None),
        ({"tensor_parallel_size": 2, "device": "cpu", "compile_mode": "default"}, None),
        ({"tensor_parallel_size": 1, "continuous_batching": True}, None),
        ({"tensor_parallel_size": 2, "continuous_batching": True}, "continuous_batching"),
        ({"tensor_parallel_size": 2, "assistant": ":draft", "batch_size": 1}, None),
        ({"sdpa_backend": "math", "device": "cpu"}, None),
        ({"sdpa_backend": "cudnn", "device": "cpu"}, "device"),
        ({"sdpa_backend": "flash", "dtype": "float32"}, "dtype"),
        ({"sdpa_backend": "flash", "dtype": "float32", "device": "cpu"}, None),
        ({"sdpa_backend": "math", "attn_implementation": "eager"}, "attn_implementation"),
        ({"cuda_graphs": False}, "continuous_batching"),
        ({"assistant": ":draft", "batch_size": 1}, None),
        ({"assistant": ":draft"}, "for one prompt only, but `batch_size=8`"),
        ({"assistant_tokens": 4}, "no effect without an assistant"),
        ({"prompt_lookup_tokens": 4, "batch_size": 1}, None),
        ({"prompt_lookup_tokens": 4}, "`prompt_lookup_tokens=4` proposes for one prompt only"),
        ({"assistant": ":d", "prompt_lookup_tokens": 4, "batch_size": 1}, "both propose"),
        ({"assistant": ":d", "batch_size": 1, "continuous_batching": True}, "takes no tokens"),
        ({"assistant": ":d", "batch_size": 1, "compile_mode": "default"}, "a static cache"),
        (
            {"prompt_lookup_tokens": 4, "batch_size": 1, "cache_implementation": "static"},
            "no room",
        ),
        ({"assistant": ":d", "batch_size": 1, "cache_implementation": "offloaded"}, None),
        ({"concurrency": 4}, "no effect without `continuous_batching`"),
        ({"concurrency": 4, "continuous_batching": True}, None),
        ({"concurrency": 9, "continuous_batching": True}, "more than `batch_size=8`"),
        ({"cuda_graphs": False, "continuous_batching": True}, None),
        ({"async_batching": True, "continuous_batching": True}, None),
        ({"async_batching": True, "continuous_batching": True, "device": "cpu"}, "async_batching"),
        ({"cuda_graphs": False, "continuous_batching": True, "device": "cpu"}, None),
        ({"attn_implementation": "flex_attention", "compile_mode": "default"}, None),
        (
            {"attn_implementation": "flex_attention", "continuous_batching": True},
            "continuous_batching",
        ),
        ({"continuous_batching": True}, None),
        ({"continuous_batching": True, "compile_mode": "default"}, None),
        ({"continuous_batching": True, "cache_implementation": "static"}, "cache_implementation"),
        ({"compile_mode": "reduce-overhead", "cache_implementation": "static"}, None),
        ({"compile_mode": "default", "cache_implementation": "offloaded_static"}, None),
        ({"compile_mode": "default", "cache_implementation": "dynamic"}, "cache_implementation"),
        ({"compile_mode": "default", "cache_implementation": "offloaded"}, "cache_implementation"),
        ({"cache_implementation": "offloaded"}, None),
        ({"device": "cpu", "cache_implementation": "static"}, None),
        ({"device": "cpu", "cache_implementation": "offloaded"}, "cache_implementation"),
        ({"device": "cpu", "cache_implementation": "offloaded_static"}, "cache_implementation"),
        ({"device": "cpu", "kernelize": True}, "kernelize"),
        ({"kernelize": True}, None),
        ({"min_samples": 5, "max_samples": 5}, None),
        ({"min_samples": 5, "max_samples": 4}, "max_samples"),
        ({"min_warmup": 5, "max_warmup": 4}, "max_warmup"),
    ],
)
def test_a_refusal_names_the_field_and_the_remedy(
    settings: dict[str, Any], refused: str | None
) -> None:
    found = refusal({**_MEASURABLE, **settings})
    if refused is None:
        assert found is None
    else:
        assert found is not None
        assert refused in found.message
        assert found.hint
