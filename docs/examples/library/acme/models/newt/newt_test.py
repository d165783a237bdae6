import torch

from acme.models.newt import NewtConfig, NewtForCausalLM


def test_squares_the_rectified_activation():
    config = NewtConfig(hidden_size=8, intermediate_size=16, num_attention_heads=2, vocab_size=11)
    mlp = NewtForCausalLM(config).model.layers[0].mlp
    x = torch.randn(3, 8)
    expected = mlp.down_proj(torch.relu(mlp.up_proj(x)) ** 2)
    torch.testing.assert_close(mlp(x), expected)


def test_generates_from_a_tiny_checkpoint(tiny_fixture):
    tiny = tiny_fixture("tiny-random/newt")
    inputs = tiny.tokenizer("newts swim", return_tensors="pt")
    output = NewtForCausalLM.from_pretrained("tiny-random/newt").generate(
        **inputs, max_new_tokens=3, do_sample=False
    )
    assert output.shape[1] == inputs["input_ids"].shape[1] + 3
