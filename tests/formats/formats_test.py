"""Each further form of a fixture, loaded by the library that it is for, beside its base."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gguf
import numpy as np
import onnxruntime
import pytest
import torch
from accelerate import init_empty_weights, load_checkpoint_and_dispatch
from huggingface_hub import hf_hub_download, snapshot_download
from peft import PeftModel
from sentence_transformers import SentenceTransformer
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

NAME = "tiny-random/formats"
SHARDED = "tiny-random/sharded"
TEXTS = ["what is the time?", "it is late", "a friend of mine went away from here"]


def base(**options: Any) -> Any:
    return AutoModelForCausalLM.from_pretrained(NAME, **options).eval()


def adapted_base() -> Any:
    # peft 0.21.2 looks for `lora/lora/…` in an offline hub cache if it is given a subfolder.
    return PeftModel.from_pretrained(base(), Path(snapshot_download(NAME), "lora")).eval()


@pytest.fixture(scope="module")
def batch() -> Any:
    tokenizer: Any = AutoTokenizer.from_pretrained(NAME, padding_side="right")
    return tokenizer(TEXTS, padding=True, return_tensors="pt")


@torch.no_grad()
def logits(model: Any, batch: Any) -> torch.Tensor:
    """Of tokens, not of padding."""
    result: torch.Tensor = model(**batch).logits[batch["attention_mask"].bool()]
    return result


def test_peft_loads_the_adapter_with_its_base(batch: Any) -> None:
    expected = logits(base(), batch)
    model = adapted_base()
    assert model.peft_config["default"].base_model_name_or_path == NAME
    adapted = logits(model, batch)
    assert (adapted - expected).abs().max() > 0.1
    with model.disable_adapter():
        assert logits(model, batch).equal(expected)
    merged = model.merge_and_unload()
    assert torch.allclose(logits(merged, batch), adapted, atol=1e-4)


def test_an_adapter_is_a_matrix_of_four_ranks() -> None:
    model = adapted_base()
    layer = model.base_model.model.model.layers[0].mlp.up_proj
    low, high = layer.lora_A["default"].weight, layer.lora_B["default"].weight
    before = layer.base_layer.weight.detach().clone()
    layer.merge()
    difference = layer.base_layer.weight - before
    assert torch.allclose(difference, 2 * high @ low, atol=1e-6)
    assert torch.linalg.matrix_rank(difference) == 4


@pytest.mark.parametrize(("file", "tolerance"), [("model-f32", 1e-4), ("model-q8_0", 0.05)])
def test_transformers_loads_gguf(file: str, tolerance: float, batch: Any) -> None:
    expected = logits(base(), batch)
    loaded = logits(base(gguf_file=f"{file}.gguf", dtype=torch.float32), batch)
    difference = (loaded - expected).abs().max() / expected.abs().max()
    assert difference <= tolerance
    assert (difference == 0) == (file == "model-f32")


def test_gguf_reads_settings_tokens_and_types() -> None:
    reader = gguf.GGUFReader(hf_hub_download(NAME, "model-q8_0.gguf"))
    config = AutoConfig.from_pretrained(NAME)
    tokenizer: Any = AutoTokenizer.from_pretrained(NAME)
    assert reader.fields["general.architecture"].contents() == "qwen2"
    assert reader.fields["qwen2.attention.head_count_kv"].contents() == config.num_key_value_heads
    tokens = reader.fields["tokenizer.ggml.tokens"].contents()
    assert tokens[tokenizer.eos_token_id] == tokenizer.eos_token
    assert [tokenizer.convert_tokens_to_ids(token) for token in tokens] == [*range(len(tokens))]
    kinds = {tensor.name: tensor.tensor_type.name for tensor in reader.tensors}
    assert kinds["blk.0.attn_q.weight"] == "Q8_0"
    assert kinds["output_norm.weight"] == "F32"


def test_onnxruntime_runs_the_graph_at_other_lengths(batch: Any) -> None:
    session = onnxruntime.InferenceSession(
        hf_hub_download(NAME, "onnx/model.onnx"), providers=["CPUExecutionProvider"]
    )
    for count in (1, len(TEXTS)):
        part = {name: values[:count] for name, values in batch.items()}
        (found,) = session.run(None, {name: values.numpy() for name, values in part.items()})
        seen = part["attention_mask"].bool().numpy()
        np.testing.assert_allclose(found[seen], logits(base(), part).numpy(), atol=1e-4)


def test_sentence_transformers_embeds() -> None:
    model = SentenceTransformer(NAME, device="cpu")
    embeddings = model.encode(TEXTS, convert_to_tensor=True)
    assert model.get_max_seq_length() == AutoConfig.from_pretrained(NAME).max_position_embeddings
    tokenizer: Any = AutoTokenizer.from_pretrained(NAME)
    for text, embedding in zip(TEXTS, embeddings, strict=True):
        with torch.no_grad():
            hidden = base().model(**tokenizer(text, return_tensors="pt")).last_hidden_state
        expected = torch.nn.functional.normalize(hidden[0].mean(dim=0), dim=0)
        assert torch.allclose(embedding, expected, atol=1e-5)
    assert model.similarity(embeddings, embeddings).diagonal() == pytest.approx(1.0, abs=1e-5)


def test_accelerate_dispatches_a_sharded_copy(batch: Any) -> None:
    directory = Path(snapshot_download(SHARDED))
    assert len(list(directory.glob("model-*-of-00003.safetensors"))) == 3
    with init_empty_weights():
        model = AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(SHARDED))
    model.tie_weights()
    loaded = load_checkpoint_and_dispatch(model, str(directory), device_map={"": "cpu"}).eval()
    assert torch.allclose(logits(loaded, batch), logits(base(), batch), atol=1e-6)
