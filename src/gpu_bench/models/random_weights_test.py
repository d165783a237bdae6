from __future__ import annotations

from typing import Any

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM

from gpu_bench.conftest import TINY_CONFIG, tiny_request
from gpu_bench.models.random_weights import fan_in, fill, keyed_seed, random_model


def model(
    seed: Any = 0,
    dtype: Any = "float32",
    config: Any = TINY_CONFIG,
    kind: Any = (Qwen2ForCausalLM, Qwen2Config),
) -> Any:
    request = tiny_request(seed=seed, dtype=dtype)
    return random_model(kind[0], kind[1](**config), request, "cpu")


def test_weights_depend_on_the_seed_alone() -> None:
    first, again, other = (model(seed).state_dict() for seed in (0, 0, 1))
    assert all(torch.equal(first[name], again[name]) for name in first)
    changed = {name for name in first if not torch.equal(first[name], other[name])}
    assert "model.layers.0.self_attn.q_proj.weight" in changed
    assert "model.norm.weight" not in changed


def test_another_layer_leaves_the_weights_of_the_others_alone() -> None:
    small = model().state_dict()
    large = model(config={**TINY_CONFIG, "num_hidden_layers": 5}).state_dict()
    assert all(torch.equal(value, large[name]) for name, value in small.items())


def test_the_order_of_construction_does_not_matter() -> None:
    layers = {"b": torch.nn.Linear(4, 3), "a": torch.nn.Linear(5, 2)}
    forth = torch.nn.ModuleDict(layers)
    back = torch.nn.ModuleDict(
        {
            name: torch.nn.Linear(*layer.weight.shape[::-1])
            for name, layer in reversed(layers.items())
        }
    )
    fill(forth, 0)
    fill(back, 0)
    assert all(torch.equal(forth[name].weight, back[name].weight) for name in layers)


def test_matrices_have_the_deviation_of_their_fan_in_and_the_rest_is_the_models_own() -> None:
    built = model(config={**TINY_CONFIG, "hidden_size": 256, "intermediate_size": 1024})
    weights = built.state_dict()
    assert weights["model.layers.0.mlp.down_proj.weight"].std() == pytest.approx(1 / 32, rel=0.02)
    assert weights["model.layers.0.mlp.up_proj.weight"].std() == pytest.approx(1 / 16, rel=0.02)
    assert torch.equal(weights["model.norm.weight"], torch.ones(256))
    frequencies = dict(built.named_buffers())["model.rotary_emb.inv_freq"]
    assert frequencies.dtype == torch.float32
    assert frequencies[0] == 1
    assert frequencies.isfinite().all()


def test_tied_weights_stay_tied() -> None:
    tied = model(config={**TINY_CONFIG, "tie_word_embeddings": True})
    assert tied.lm_head.weight is tied.model.embed_tokens.weight
    untied = model(config={**TINY_CONFIG, "tie_word_embeddings": False})
    assert not torch.equal(untied.lm_head.weight, untied.model.embed_tokens.weight)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float32"])
@pytest.mark.parametrize("kind", [(Qwen2ForCausalLM, Qwen2Config), (LlamaForCausalLM, LlamaConfig)])
def test_logits_are_finite_and_the_best_stands_out(kind: Any, dtype: Any) -> None:
    config = {**TINY_CONFIG, "num_hidden_layers": 16, "hidden_size": 128, "vocab_size": 4096}
    built = model(dtype=dtype, config=config, kind=kind)
    assert not built.training
    assert {parameter.dtype for parameter in built.parameters()} == {getattr(torch, dtype)}
    with torch.no_grad():
        logits = built(torch.arange(400).reshape(2, 200)).logits.float()
    assert logits.isfinite().all()
    best = logits.topk(2).values
    margins = best[..., 0] - best[..., 1]
    # A step of bfloat16 between 4 and 8 is 2**-5.
    assert margins.median() > 2**-4


def test_experts_are_one_matrix_each() -> None:
    assert fan_in((8, 64, 32), is_layer=False) == 32
    assert fan_in((64, 3, 7, 7), is_layer=True) == 147


def test_seeds_fit_a_generator() -> None:
    assert all(0 <= keyed_seed(seed, str(seed)) < 2**63 for seed in range(500))
