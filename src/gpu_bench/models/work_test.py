"""The formula for work, against torch's own counter."""

from __future__ import annotations

from typing import Any

import pytest

from gpu_bench.models.work import work
from gpu_bench.request.fields import SCHEMA, ModelSource, Request

pytest.importorskip("torch")

SMALL = {
    "hidden_size": 64,
    "intermediate_size": 160,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "max_position_embeddings": 64,
    "vocab_size": 300,
}
MODELS: dict[str, dict[str, Any]] = {
    "llama": {**SMALL, "num_key_value_heads": 2},
    "gpt2": {"n_embd": 64, "n_layer": 2, "n_head": 4, "vocab_size": 300, "n_positions": 64},
    "qwen3": {**SMALL, "num_key_value_heads": 1, "head_dim": 24, "tie_word_embeddings": True},
    "mistral": {**SMALL, "num_key_value_heads": 2, "sliding_window": 100},
    "gemma3_text": {**SMALL, "num_key_value_heads": 2, "head_dim": 16, "sliding_window": 64},
}
PROMPT, TOKENS, ROWS = 12, 6, 2


def model_of(model_type: str, config: dict[str, Any]) -> Any:
    from transformers import AutoConfig, AutoModelForCausalLM

    made = AutoConfig.for_model(model_type, **config, pad_token_id=0)
    return AutoModelForCausalLM.from_config(made, attn_implementation="eager").eval()


def request(**changes: Any) -> Request:
    shape = {"batch_size": ROWS, "sequence_length": PROMPT, "num_tokens": TOKENS}
    return Request(SCHEMA, "a", ModelSource("llama"), **{**shape, **changes})


@pytest.mark.parametrize("model_type", MODELS)
def test_operations_are_those_that_torch_counts(model_type: Any) -> None:
    import torch
    from torch.utils.flop_counter import FlopCounterMode
    from transformers import DynamicCache

    model = model_of(model_type, MODELS[model_type])
    tokens = torch.randint(3, 300, (ROWS, PROMPT + TOKENS - 1))
    cache = DynamicCache()
    counts = []
    # A token at a time, so that none is counted that a causal mask hides.
    for position in range(tokens.shape[1]):
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            model(tokens[:, position : position + 1], past_key_values=cache)
        counts.append(counter.get_total_flops())
    counted = work(model, request())
    assert counted is not None
    head = 2 * ROWS * model.get_output_embeddings().weight.numel()
    # `generate` computes the head for the last position of the prompt only. Torch also counts the
    # angles of rotary embeddings.
    prefill = sum(counts[:PROMPT]) - (PROMPT - 1) * head
    assert counted["prefill"]["operations"] == pytest.approx(prefill, rel=2e-3)
    assert counted["decode"]["operations"] == pytest.approx(sum(counts[PROMPT:]), rel=2e-3)


def test_bytes_are_weights_and_cache_for_each_pass() -> None:
    model = model_of("llama", MODELS["llama"])
    weights = sum(
        parameter.numel() * 4
        for name, parameter in model.named_parameters()
        if "norm" not in name and "embed" not in name
    )
    (per_position,) = {3 * 2 * 2 * 16 * 4}
    counted = work(model, request())
    assert counted is not None
    assert counted["prefill"]["bytes"] == weights + ROWS * per_position * PROMPT
    read = sum(range(PROMPT + 1, PROMPT + TOKENS))
    assert counted["decode"]["bytes"] == (TOKENS - 1) * weights + ROWS * per_position * read


def test_a_window_limits_what_is_attended_to() -> None:
    wide, narrow = (
        work(model_of("mistral", {**MODELS["mistral"], "sliding_window": window}), request())
        for window in (64, 4)
    )
    assert wide is not None
    assert narrow is not None
    lost = sum(max(position - 4, 0) for position in range(1, PROMPT + 1))
    per_position = 3 * 2 * 4 * 2 * 16
    difference = wide["prefill"]["operations"] - narrow["prefill"]["operations"]
    assert difference == ROWS * per_position * lost


@pytest.mark.parametrize(
    ("model_type", "config"),
    [
        ("mixtral", {**SMALL, "num_key_value_heads": 2, "num_local_experts": 4}),
        ("mamba", {"hidden_size": 64, "num_hidden_layers": 2, "vocab_size": 300}),
    ],
)
def test_other_models_are_not_counted(model_type: Any, config: Any) -> None:
    assert work(model_of(model_type, config), request()) is None


def test_continuous_batching_is_not_counted() -> None:
    model = model_of("llama", MODELS["llama"])
    assert work(model, request(continuous_batching=True)) is None
