from __future__ import annotations

from typing import Any

import pytest
import torch

from tiny_models.checks.native_inputs import native_inputs
from tiny_models.config.shrink import shrink
from tiny_models.inputs.modalities import left_out
from tiny_models.inputs.values import special_ids
from tiny_models.transformers_api import catalogue
from tiny_models.weights.model import build_model


def inputs_of(name: str, model_type: str) -> tuple[Any, dict[str, Any]]:
    config = shrink(model_type, architecture=name)
    model = build_model(catalogue.model_class(name, model_type), config, seed=0)
    return model, native_inputs(model)


def test_text_has_no_special_ids() -> None:
    model, inputs = inputs_of("Qwen2ForCausalLM", "qwen2")
    assert not set(inputs["input_ids"].flatten().tolist()) & set(special_ids(model.config))
    assert inputs["attention_mask"].shape == inputs["input_ids"].shape


@pytest.mark.parametrize(
    ("name", "model_type", "features"),
    [
        # 4 x 4 patches of a picture; merged in twos each way; pooled to 2 x 2.
        ("LlavaForConditionalGeneration", "llava", 16),
        ("Qwen2VLForConditionalGeneration", "qwen2_vl", 4),
        ("Gemma3ForConditionalGeneration", "gemma3", 4),
    ],
)
def test_a_placeholder_per_feature(name: str, model_type: str, features: int) -> None:
    model, inputs = inputs_of(name, model_type)
    token = model.config.image_token_id
    assert int((inputs["input_ids"] == token).sum()) == features
    assert inputs["attention_mask"].shape == inputs["input_ids"].shape


def test_a_pass_has_every_kind_that_a_model_takes() -> None:
    model, inputs = inputs_of("Gemma4ForConditionalGeneration", "gemma4")
    assert left_out(type(model), inputs) == ()
    kinds = ("image", "video", "audio")
    tokens = [getattr(model.config, f"{kind}_token_id") for kind in kinds]
    # 6 x 6 patches pooled in threes each way; two such frames; 64 steps, of which four make one.
    assert [int((inputs["input_ids"] == token).sum()) for token in tokens] == [4, 8, 16]


@pytest.mark.parametrize(
    ("name", "model_type", "expected"),
    [
        ("ViTModel", "vit", {"pixel_values": 4}),
        ("WhisperModel", "whisper", {"input_features": 3, "decoder_input_ids": 2}),
        ("Wav2Vec2Model", "wav2vec2", {"input_values": 2}),
        ("VivitModel", "vivit", {"pixel_values": 5}),
        ("T5Model", "t5", {"input_ids": 2, "attention_mask": 2, "decoder_input_ids": 2}),
    ],
)
def test_inputs_are_native(name: str, model_type: str, expected: dict[str, int]) -> None:
    _, inputs = inputs_of(name, model_type)
    assert {key: value.dim() for key, value in inputs.items()} == expected


def test_inputs_are_the_same_each_time() -> None:
    first = inputs_of("CLIPModel", "clip")[1]
    second = inputs_of("CLIPModel", "clip")[1]
    assert first.keys() == second.keys()
    assert all(torch.equal(value, second[name]) for name, value in first.items())
