import pytest
import torch
from huggingface_hub.errors import StrictDataclassClassValidationError
from transformers import AutoModel

from models.checks import check_attention_implementations, check_reload, check_training
from models.ember.configuration_ember import EmberConfig
from models.ember.modeling_ember import EmberForTextEmbedding, EmberModel, mean_pooling
from models.quill.configuration_quill import QuillConfig
from models.quill.modeling_quill import QuillForCausalLM

TOKENS = torch.tensor([[5, 9, 17, 3, 28, 11, 40, 2], [33, 7, 21, 14, 1, 0, 0, 0]])
MASK = (TOKENS != 0).long()
SIZES = {
    "vocab_size": 64,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "sliding_window": 2,
    "full_attention_interval": 2,
    "pad_token_id": 0,
    "initializer_range": 0.2,
}


def tiny_config(**overrides) -> EmberConfig:
    return EmberConfig(**SIZES | {"embedding_sizes": (32, 16, 8)} | overrides)


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def test_embedding_sizes_must_fit():
    with pytest.raises(StrictDataclassClassValidationError, match="cannot be cut at 48"):
        tiny_config(embedding_sizes=(48, 16))


@pytest.mark.parametrize("implementation", ["eager", "sdpa"])
@pytest.mark.parametrize(
    ("layer_type", "seen"),
    [("sliding_attention", [2, 3, 4, 5, 6]), ("full_attention", [0, 1, 2, 3, 4, 5, 6, 7])],
)
def test_layers_see_both_ways(layer_type, seen, implementation):
    model = EmberModel(tiny_config(num_hidden_layers=1, layer_types=[layer_type])).eval()
    model.set_attn_implementation(implementation)
    other = TOKENS[:1].clone()
    other[0, 4] = 50
    difference = (
        (model(TOKENS[:1]).last_hidden_state - model(other).last_hidden_state).abs().amax(dim=-1)[0]
    )
    assert (difference > 0).nonzero().flatten().tolist() == seen


def test_mean_pooling_skips_padding():
    states = torch.tensor([[[1.0, 2.0], [3.0, 4.0], [50.0, 60.0]]])
    torch.testing.assert_close(
        mean_pooling(states, torch.tensor([[1, 1, 0]])), torch.tensor([[2.0, 3.0]])
    )
    torch.testing.assert_close(mean_pooling(states, None), torch.tensor([[18.0, 22.0]]))


def test_padding_changes_nothing():
    model = EmberForTextEmbedding(tiny_config()).eval()
    with torch.no_grad():
        model.model.layers[1].self_attn.length_scale.fill_(0.5)
    batched = model(TOKENS, attention_mask=MASK).embeddings
    torch.testing.assert_close(batched[1:], model(TOKENS[1:, :5]).embeddings)
    torch.testing.assert_close(batched[:1], model(TOKENS[:1]).embeddings)


def test_embeddings_can_be_cut():
    model = EmberForTextEmbedding(tiny_config()).eval()
    full = model(TOKENS, attention_mask=MASK).embeddings
    short = model(TOKENS, attention_mask=MASK, embedding_size=8).embeddings
    assert full.shape == (2, 32)
    torch.testing.assert_close(full.norm(dim=-1), torch.ones(2))
    torch.testing.assert_close(short, torch.nn.functional.normalize(full[:, :8], dim=-1))
    with pytest.raises(ValueError, match="must be one of"):
        model(TOKENS, embedding_size=9)


def test_loss_prefers_the_right_pairs():
    model = EmberForTextEmbedding(tiny_config()).eval()
    inputs = {"input_ids": TOKENS, "attention_mask": MASK}
    right = model(**inputs, positive_input_ids=TOKENS, positive_attention_mask=MASK).loss
    swapped = model(
        **inputs, positive_input_ids=TOKENS.flip(0), positive_attention_mask=MASK.flip(0)
    ).loss
    assert right < 0.1 < 1.0 < swapped
    assert model(**inputs).loss is None


def test_quill_weights_load_unchanged(tmp_path):
    quill = QuillForCausalLM(QuillConfig(**SIZES))
    quill.save_pretrained(tmp_path)
    ember, info = EmberForTextEmbedding.from_pretrained(
        tmp_path, config=tiny_config(), output_loading_info=True
    )
    assert not info["missing_keys"] and not info["mismatched_keys"]
    loaded = ember.model.state_dict()
    assert loaded.keys() == quill.model.state_dict().keys()
    for name, tensor in quill.model.state_dict().items():
        torch.testing.assert_close(loaded[name], tensor)


def test_attention_implementations_agree():
    check_attention_implementations(EmberModel(tiny_config()), {"input_ids": TOKENS})
    check_attention_implementations(
        EmberForTextEmbedding(tiny_config()), {"input_ids": TOKENS, "attention_mask": MASK}
    )


def test_reload(tmp_path):
    inputs = {"input_ids": TOKENS, "attention_mask": MASK}
    check_reload(EmberForTextEmbedding(tiny_config()), inputs, tmp_path / "embedding")
    check_reload(EmberModel(tiny_config()), inputs, tmp_path / "model", AutoModel)


def test_training():
    positives = torch.tensor([[6, 9, 12, 3, 28], [33, 50, 21, 14, 2]])
    inputs = {"input_ids": TOKENS, "attention_mask": MASK, "positive_input_ids": positives}
    check_training(EmberForTextEmbedding(tiny_config()), inputs)


def test_tiny_fixture(tiny_fixture):
    """Embeddings of a batch are those of its texts one by one."""
    fixture = tiny_fixture("tiny-random/ember")
    model, tokenizer = fixture.model, fixture.tokenizer
    texts = ["a spark", "ashes of a long and quiet fire"]
    with torch.no_grad():
        together = model(**tokenizer(texts, return_tensors="pt", padding=True))[0]
        alone = torch.cat([model(**tokenizer(text, return_tensors="pt"))[0] for text in texts])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)
    assert together.shape == (2, fixture.config.hidden_size)
