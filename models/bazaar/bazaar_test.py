import pytest
import torch
from huggingface_hub.errors import StrictDataclassClassValidationError
from transformers import AutoModelForCausalLM

from models.bazaar.configuration_bazaar import BazaarConfig
from models.bazaar.modeling_bazaar import (
    BazaarForCausalLM,
    BazaarMLP,
    BazaarModel,
    BazaarSparseMoeBlock,
    BazaarTopKRouter,
    router_z_loss,
)
from models.checks import check_attention_implementations, check_reload, check_training

TOKENS = torch.tensor([[5, 9, 17, 3, 28, 11, 40, 2], [33, 7, 21, 14, 1, 6, 0, 0]])
MASK = (TOKENS != 0).long()


def tiny_config(**overrides) -> BazaarConfig:
    sizes = {
        "vocab_size": 64,
        "hidden_size": 32,
        "intermediate_size": 48,
        "moe_intermediate_size": 16,
        "num_local_experts": 4,
        "num_experts_per_tok": 2,
        "num_hidden_layers": 4,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "sliding_window": 4,
        "full_attention_interval": 2,
        "pad_token_id": 0,
        "initializer_range": 0.2,
    }
    return BazaarConfig(**sizes | overrides)


def router(**overrides) -> BazaarTopKRouter:
    layer = BazaarTopKRouter(tiny_config(**overrides))
    torch.nn.init.normal_(layer.weight)
    return layer


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def test_more_experts_per_token_than_experts_is_an_error():
    with pytest.raises(StrictDataclassClassValidationError, match="cannot be served by 5 experts"):
        tiny_config(num_experts_per_tok=5)


def test_lowest_layers_are_dense():
    model = BazaarModel(tiny_config(num_dense_layers=2))
    assert [type(layer.mlp) for layer in model.layers] == 2 * [BazaarMLP] + 2 * [
        BazaarSparseMoeBlock
    ]
    assert model.layers[0].mlp.up_proj.out_features == 48
    assert model.layers[3].mlp.shared_expert.up_proj.out_features == 16


def test_bias_steers_the_choice_and_leaves_the_weights_alone():
    layer = router()
    states = torch.randn(50, 32)
    logits, _, plain_choice = layer(states)
    assert not (plain_choice == 3).any(dim=-1).all()

    layer.expert_bias[3] = 10.0
    biased_logits, weights, choice = layer(states)
    torch.testing.assert_close(biased_logits, logits)
    assert (choice == 3).any(dim=-1).all()
    torch.testing.assert_close(weights.sum(dim=-1), torch.ones(50))
    affinities = logits.sigmoid().gather(-1, choice)
    torch.testing.assert_close(weights, affinities / affinities.sum(dim=-1, keepdim=True))


def test_rebalancing_evens_the_load():
    layer = router(expert_bias_step=0.02)
    with torch.no_grad():
        layer.weight[0] += 1.0
    states = torch.randn(400, 32) + 0.5

    def spread() -> int:
        load = torch.bincount(layer(states)[2].flatten(), minlength=4)
        assert load.sum() == 800
        return int(load.max() - load.min())

    before = spread()
    for _ in range(100):
        layer.rebalance(layer(states)[0])
    assert before > 200
    assert spread() < 20


def test_model_rebalances_every_sparse_layer():
    model = BazaarModel(tiny_config()).eval()
    outputs = model(TOKENS, output_router_logits=True)
    assert len(outputs.router_logits) == 3
    assert all(logits.shape == (16, 4) for logits in outputs.router_logits)
    model.rebalance_experts(outputs.router_logits)
    for layer in model.layers[1:]:
        assert layer.mlp.gate.expert_bias.abs().max() == pytest.approx(0.001)
    with pytest.raises(ValueError):
        model.rebalance_experts(outputs.router_logits[:2])


def test_padding_is_no_load():
    model = BazaarModel(tiny_config(num_hidden_layers=2)).eval()
    logits = torch.randn(16, 4)
    logits[-2:] = torch.tensor([9.0, 9.0, -9.0, -9.0])
    model.rebalance_experts((logits,), MASK)
    router = model.layers[1].mlp.gate
    with_mask = router.expert_bias.clone()
    router.expert_bias.zero_()
    router.rebalance(logits[:14])
    torch.testing.assert_close(router.expert_bias, with_mask)


def test_z_loss_skips_padding_and_joins_the_loss():
    logits = (torch.zeros(4, 8), torch.zeros(4, 8))
    logits[0][3] = 100.0
    mask = torch.tensor([[1, 1], [1, 0]])
    torch.testing.assert_close(router_z_loss(logits, mask), torch.tensor(8.0).log().square())
    assert router_z_loss(logits, None) > 100

    model = BazaarForCausalLM(tiny_config(router_z_loss_coef=0.5)).eval()
    inputs = {"input_ids": TOKENS, "attention_mask": MASK, "labels": TOKENS}
    plain = model(**inputs)
    outputs = model(**inputs, output_router_logits=True)
    assert plain.aux_loss is None
    torch.testing.assert_close(outputs.loss, plain.loss + 0.5 * outputs.aux_loss)


def test_each_token_is_served_alone():
    block = BazaarSparseMoeBlock(tiny_config())
    for parameter in block.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    states = torch.randn(2, 5, 32)
    one_by_one = torch.cat([block(states[:, i : i + 1]) for i in range(5)], dim=1)
    torch.testing.assert_close(block(states), one_by_one)


def test_generation_with_the_cache_is_generation_without():
    model = BazaarForCausalLM(tiny_config(eos_token_id=None)).eval()
    options = {"max_new_tokens": 8, "do_sample": False}
    cached = model.generate(TOKENS[:1], use_cache=True, **options)
    assert cached.shape == (1, 16)
    torch.testing.assert_close(cached, model.generate(TOKENS[:1], use_cache=False, **options))


def test_attention_implementations_agree():
    check_attention_implementations(
        BazaarForCausalLM(tiny_config()), {"input_ids": TOKENS, "attention_mask": MASK}
    )


def test_reload_keeps_the_biases(tmp_path):
    model = BazaarForCausalLM(tiny_config())
    model.model.layers[1].mlp.gate.expert_bias.copy_(torch.tensor([0.3, -0.2, 0.1, 0.0]))
    check_reload(model, {"input_ids": TOKENS}, tmp_path, AutoModelForCausalLM)
    reloaded = BazaarForCausalLM.from_pretrained(tmp_path)
    torch.testing.assert_close(
        reloaded.model.layers[1].mlp.gate.expert_bias, model.model.layers[1].mlp.gate.expert_bias
    )


def test_training():
    inputs = {
        "input_ids": TOKENS,
        "attention_mask": MASK,
        "labels": TOKENS,
        "output_router_logits": True,
    }
    check_training(BazaarForCausalLM(tiny_config()), inputs)


def test_tiny_fixture(tiny_fixture):
    """Loaded by its name, it computes what the fixture's own class does, with every expert."""
    fixture = tiny_fixture("tiny-random/bazaar")
    tokens = fixture.tokenizer("a market of experts", return_tensors="pt").input_ids
    by_name = AutoModelForCausalLM.from_pretrained("tiny-random/bazaar").eval()
    with torch.no_grad():
        logits = by_name(tokens).logits
        torch.testing.assert_close(fixture.model(tokens).logits, logits, rtol=0, atol=0)
    assert logits.shape == (1, tokens.shape[1], len(fixture.tokenizer))
    assert logits.isfinite().all()
