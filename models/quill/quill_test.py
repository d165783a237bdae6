from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from models.checks import check_attention_implementations, check_reload, check_training
from models.quill.configuration_quill import QuillConfig
from models.quill.modeling_quill import (
    QuillForCausalLM,
    QuillForSequenceClassification,
    QuillForTokenClassification,
    QuillModel,
    softcap_logits,
)

TOKENS = torch.tensor([[5, 9, 17, 3, 28, 11, 40, 2, 33, 7, 21, 14]])


def tiny_config(**overrides) -> QuillConfig:
    sizes = {
        "vocab_size": 64,
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 4,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "sliding_window": 4,
        "full_attention_interval": 2,
        "pad_token_id": 0,
        "initializer_range": 0.2,
    }
    return QuillConfig(**sizes | overrides)


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def test_layer_types_follow_the_interval():
    config = QuillConfig(num_hidden_layers=6, full_attention_interval=3)
    assert config.layer_types == 2 * ["sliding_attention", "sliding_attention", "full_attention"]
    explicit = ["full_attention", "sliding_attention"]
    assert tiny_config(num_hidden_layers=2, layer_types=explicit).layer_types == explicit


def test_forward_returns_capped_logits():
    model = QuillForCausalLM(tiny_config(final_logit_softcapping=0.5)).eval()
    model.set_attn_implementation("eager")  # the one that returns its weights
    outputs = model(TOKENS, output_hidden_states=True, output_attentions=True)
    assert outputs.logits.shape == (1, 12, 64)
    assert 0.4 < outputs.logits.abs().max() < 0.5
    assert len(outputs.hidden_states) == 5
    assert len(outputs.attentions) == 4


def test_softcap_can_be_switched_off():
    logits = torch.tensor([-100.0, 0.0, 1.0])
    assert softcap_logits(logits, None) is logits
    torch.testing.assert_close(
        softcap_logits(logits, 30.0), torch.tensor([-29.923, 0.0, 0.99963]), rtol=0, atol=1e-3
    )


@pytest.mark.parametrize("implementation", ["eager", "sdpa"])
def test_local_layer_sees_its_window_only(implementation):
    config = tiny_config(num_hidden_layers=1, layer_types=["sliding_attention"])
    model = QuillModel(config).eval()
    model.set_attn_implementation(implementation)
    other = TOKENS.clone()
    other[0, 3] = 50
    difference = (
        (model(TOKENS).last_hidden_state - model(other).last_hidden_state).abs().amax(dim=-1)[0]
    )
    assert (difference > 1e-3).nonzero().flatten().tolist() == [3, 4, 5, 6]
    assert (difference[[0, 1, 2, 7, 8, 9, 10, 11]] == 0).all()


def test_global_layer_has_no_positions():
    permuted = TOKENS[:, [4, 2, 0, 1, 3, 6, 5, 10, 8, 7, 9, 11]]
    for layer_type, is_blind in (("full_attention", True), ("sliding_attention", False)):
        config = tiny_config(num_hidden_layers=1, layer_types=[layer_type], sliding_window=64)
        model = QuillModel(config).eval()
        first = model(TOKENS).last_hidden_state[:, -1]
        second = model(permuted).last_hidden_state[:, -1]
        assert torch.allclose(first, second, atol=1e-5) == is_blind


def test_global_layer_sharpens_with_length():
    model = QuillModel(tiny_config(num_hidden_layers=1, layer_types=["full_attention"])).eval()
    model.set_attn_implementation("eager")

    def entropies() -> torch.Tensor:
        weights = model(TOKENS, output_attentions=True).attentions[0]
        return torch.special.entr(weights).sum(dim=-1).mean(dim=1)[0]

    before = entropies()
    with torch.no_grad():
        model.layers[0].self_attn.length_scale.fill_(1.0)
    after = entropies()
    assert after[0] == before[0] == 0
    assert (after[1:] < before[1:]).all()


def test_generation_with_the_cache_is_generation_without():
    model = QuillForCausalLM(tiny_config(eos_token_id=None)).eval()
    with torch.no_grad():
        model.model.layers[1].self_attn.length_scale.fill_(0.5)
    options = {"max_new_tokens": 10, "do_sample": False}
    cached = model.generate(TOKENS, use_cache=True, **options)
    assert cached.shape == (1, 22)
    assert len(set(cached[0, 12:].tolist())) > 1
    torch.testing.assert_close(cached, model.generate(TOKENS, use_cache=False, **options))


def test_left_padding_changes_nothing():
    model = QuillForCausalLM(tiny_config(eos_token_id=None)).eval()
    padded = torch.cat((torch.zeros(1, 3, dtype=torch.long), TOKENS), dim=1)
    mask = (padded != 0).long()
    options = {"max_new_tokens": 6, "do_sample": False}
    plain = model.generate(TOKENS, **options)
    shifted = model.generate(padded, attention_mask=mask, **options)
    torch.testing.assert_close(shifted[:, 3:], plain)


def test_attention_implementations_agree():
    check_attention_implementations(QuillForCausalLM(tiny_config()), {"input_ids": TOKENS})


def test_reload(tmp_path):
    check_reload(
        QuillForCausalLM(tiny_config()), {"input_ids": TOKENS}, tmp_path, AutoModelForCausalLM
    )


def test_training():
    check_training(QuillForCausalLM(tiny_config()), {"input_ids": TOKENS, "labels": TOKENS})


def test_classification_heads():
    config = tiny_config(num_labels=3)
    assert QuillForSequenceClassification(config)(TOKENS).logits.shape == (1, 3)
    assert QuillForTokenClassification(config)(TOKENS).logits.shape == (1, 12, 3)


def test_tiny_fixture(tiny_fixture):
    """A chat in several turns, and a padded batch that is answered as each of its texts is."""
    fixture = tiny_fixture("tiny-random/quill")
    model = AutoModelForCausalLM.from_pretrained("tiny-random/quill").eval()
    tokenizer = fixture.tokenizer
    chat = [
        {"role": "user", "content": "What is a quill?"},
        {"role": "assistant", "content": "A pen."},
        {"role": "user", "content": "Of what?"},
    ]
    prompt = tokenizer.apply_chat_template(chat, add_generation_prompt=True, tokenize=False)
    assert prompt.index("A pen.") < prompt.index("Of what?")
    options = {"max_new_tokens": 6, "min_new_tokens": 6, "do_sample": False}
    batch = tokenizer(["a", prompt], return_tensors="pt", padding=True, padding_side="left")
    together = model.generate(**batch, **options)[:, -6:]
    for row, text in enumerate(("a", prompt)):
        alone = model.generate(**tokenizer(text, return_tensors="pt"), **options)[0, -6:]
        assert together[row].tolist() == alone.tolist()


def test_a_shrunk_tokenizer_reads_as_the_one_it_is_from(tiny_fixture):
    fixture = tiny_fixture("tiny-random/quill-shrunk")
    small = fixture.tokenizer
    large = AutoTokenizer.from_pretrained(Path(__file__).with_name("checkpoint"))
    assert len(small) == fixture.config.vocab_size < len(large)
    assert set(small.get_vocab()) < set(large.get_vocab())
    text = "<s>a server<margin> that is of its own, déjà 1\n</s>"
    ids = small(text)["input_ids"]
    assert small.decode(ids) == large.decode(large(text)["input_ids"]) == text
    special = ("<s>", "</s>", "<pad>", "<margin>")
    assert {small.convert_ids_to_tokens(each) for each in ids} > {"<s>", "</s>", "<margin>"}
    assert [getattr(small, f"{role}_token") for role in ("bos", "eos", "pad")] == [*special[:3]]
    roles = [getattr(fixture.config, f"{role}_token_id") for role in ("bos", "eos", "pad")]
    assert roles == small.convert_tokens_to_ids([*special[:3]])
    assert fixture.model(torch.tensor([ids])).logits.shape == (1, len(ids), len(small))
