"""The configurations that are measured on a device: decoders of public shapes, random weights."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

Request = dict[str, Any]

_COMMON = {
    "max_position_embeddings": 8192,
    "rope_theta": 500000.0,
    "tie_word_embeddings": False,
    "vocab_size": 128256,
}
# Llama 3.2 1B and Llama 3.1 8B, by their model cards.
SHAPES: dict[str, dict[str, Any]] = {
    "1b": {
        **_COMMON,
        "hidden_size": 2048,
        "intermediate_size": 8192,
        "num_hidden_layers": 16,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "head_dim": 64,
    },
    "8b": {
        **_COMMON,
        "hidden_size": 4096,
        "intermediate_size": 14336,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "head_dim": 128,
    },
}
_TINY = {
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 64,
    "vocab_size": 256,
}


def sweep() -> Iterator[Request]:
    """Each shape with each attention, with and without compilation, for one row and for eight."""
    axes = product(
        SHAPES,
        ("eager", "sdpa", "flex_attention"),
        (None, "default", "reduce-overhead"),
        (1, 8),
    )
    for shape, attention, mode, rows in axes:
        yield {
            "schema": 1,
            "address": f"sweep:{shape}-{attention}-{mode or 'plain'}-b{rows}",
            "model": {"model_type": "llama"},
            "config": SHAPES[shape],
            "attn_implementation": attention,
            "compile_mode": mode,
            "batch_size": rows,
            "sequence_length": 1024,
            "num_tokens": 128,
            # The sweep shows shapes, not of small differences.
            "processes": 1,
            "timeout_seconds": 300,
        }


def steady() -> Request:
    """What two revisions are compared on, and a stopwatch: the smaller shape, one row."""
    return {
        "schema": 1,
        "address": "steady:1b",
        "model": {"model_type": "llama"},
        "config": SHAPES["1b"],
        "sequence_length": 512,
        "num_tokens": 64,
        "timeout_seconds": 600,
    }


def on_cpu(request: Request) -> Request:
    """The same in small, on a CPU: it shows that the program works, and nothing of a device."""
    return {
        **request,
        "config": _TINY,
        "device": "cpu",
        "dtype": "float32",
        "sequence_length": 8,
        "num_tokens": 4,
        "processes": 1,
        "max_samples": 10,
        "min_seconds": 0,
    }
