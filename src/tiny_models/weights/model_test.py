from __future__ import annotations

from typing import Any

import pytest
import torch

from tiny_models.checks import checks
from tiny_models.checks.native_inputs import native_inputs
from tiny_models.config.shrink import shrink
from tiny_models.transformers_api import catalogue
from tiny_models.weights.keyed_random import keyed_values
from tiny_models.weights.model import build_model


def build(name: str, model_type: str, seed: int = 0, dtype: str = "float32", **config: Any) -> Any:
    made = shrink(model_type, architecture=name, overrides=config)
    return build_model(catalogue.model_class(name, model_type), made, seed=seed, dtype=dtype)


def tensors(model: Any) -> dict[str, torch.Tensor]:
    return dict(model.state_dict())


def test_values_are_the_keyed_ones() -> None:
    weights = tensors(build("Qwen2ForCausalLM", "qwen2", seed=3))
    name = "model.layers.1.mlp.up_proj.weight"
    expected = torch.from_numpy(keyed_values(3, name, tuple(weights[name].shape)))
    assert torch.equal(weights[name], expected)


def test_the_global_generators_are_left_alone() -> None:
    torch.manual_seed(7)
    before = torch.get_rng_state()
    first = tensors(build("Qwen2Model", "qwen2"))
    assert torch.equal(torch.get_rng_state(), before)
    assert not torch.are_deterministic_algorithms_enabled()
    torch.manual_seed(8)
    second = tensors(build("Qwen2Model", "qwen2"))
    assert all(torch.equal(tensor, second[name]) for name, tensor in first.items())


def test_norms_and_zero_biases_keep_their_own_values() -> None:
    weights = tensors(build("BertModel", "bert"))
    assert torch.equal(weights["embeddings.LayerNorm.weight"], torch.ones(32))
    assert torch.equal(weights["encoder.layer.0.attention.self.query.bias"], torch.zeros(32))


@pytest.mark.parametrize(
    ("name", "model_type"),
    [
        ("Gemma3ForConditionalGeneration", "gemma3"),
        ("MllamaForConditionalGeneration", "mllama"),
        ("T5Gemma2ForConditionalGeneration", "t5gemma2"),
    ],
)
def test_a_picture_tells(name: str, model_type: str) -> None:
    """Also where training begins with a projection or a gate that is closed."""
    model = build(name, model_type)
    inputs = native_inputs(model)
    with torch.no_grad():
        first = model(**inputs).logits
        second = model(**{**inputs, "pixel_values": -inputs["pixel_values"]}).logits
    assert not torch.allclose(first, second, atol=1e-4)


def test_constants_of_state_spaces_keep_their_own_values() -> None:
    weights = tensors(build("Mamba2Model", "mamba2"))
    name = next(name for name in weights if name.endswith("A_log"))
    assert torch.allclose(weights[name], torch.log(torch.arange(1, len(weights[name]) + 1)).float())


def test_the_row_of_padding_stays_zero() -> None:
    model = build("BertModel", "bert")
    table = tensors(model)["embeddings.word_embeddings.weight"]
    assert not table[model.config.pad_token_id].any()
    assert table.any(dim=1).sum() == len(table) - 1


def test_another_layer_or_head_leaves_the_others_alone() -> None:
    two = tensors(build("Qwen2ForCausalLM", "qwen2"))
    three = tensors(build("Qwen2ForCausalLM", "qwen2", num_hidden_layers=3))
    labels = tensors(build("Qwen2ForSequenceClassification", "qwen2"))
    assert len(three) > len(two)
    for name, tensor in two.items():
        assert torch.equal(tensor, three[name])
        if name in labels:
            assert torch.equal(tensor, labels[name])


def test_other_seeds_give_other_values() -> None:
    first, second = (tensors(build("Qwen2Model", "qwen2", seed=seed)) for seed in (0, 1))
    assert not torch.equal(first["embed_tokens.weight"], second["embed_tokens.weight"])


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_is_the_rounded_full_one(dtype: str) -> None:
    full = tensors(build("Qwen2Model", "qwen2"))
    half = tensors(build("Qwen2Model", "qwen2", dtype=dtype))
    for name, tensor in half.items():
        assert str(tensor.dtype) == f"torch.{dtype}"
        assert torch.equal(tensor, full[name].to(tensor.dtype))


def test_tied_weights_stay_tied() -> None:
    model = build("Qwen2ForCausalLM", "qwen2", tie_word_embeddings=True)
    assert model.lm_head.weight.data_ptr() == model.model.embed_tokens.weight.data_ptr()
    expected = keyed_values(0, "model.embed_tokens.weight", tuple(model.lm_head.weight.shape))
    expected[model.config.pad_token_id] = 0
    assert torch.equal(model.lm_head.weight, torch.from_numpy(expected))


def test_greedy_decoding_has_clear_winners() -> None:
    model = build("Qwen2ForCausalLM", "qwen2")
    logits = checks.forward(model, native_inputs(model)).logits[0]
    best = logits.topk(2, dim=-1).values
    assert (best[:, 0] - best[:, 1]).median() > 0.02
