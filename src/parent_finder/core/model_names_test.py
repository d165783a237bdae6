from __future__ import annotations

import pytest

from parent_finder.core import model_names


@pytest.mark.parametrize(
    ("model", "classes", "prefix"),
    [
        ("qwen3_moe", ["Qwen3MoeMLP", "Qwen3MoeModel", "load_balancing"], "Qwen3Moe"),
        ("qwen2_5_vl", ["Qwen2_5_VLMLP", "Qwen2_5_VLModel"], "Qwen2_5_VL"),
        ("speech_to_text", ["Speech2TextEncoder", "Speech2TextDecoder"], "Speech2Text"),
        ("new", ["FooBarMLP", "FooBarModel", "FooBarAttention"], "FooBar"),
        ("new", ["One", "Two"], ""),
        ("new", [], ""),
    ],
)
def test_prefix_of_classes(model: str, classes: list[str], prefix: str) -> None:
    assert model_names.cased_prefix(model, classes) == prefix


def test_the_name_is_taken_out_in_every_spelling() -> None:
    pattern = model_names.name_pattern("sam", "Sam")
    plain = model_names.without_model_name("SamModel sam_model SAM same flotsam2", pattern)
    assert plain == "ⓂModel Ⓜ_model Ⓜ same flotsam2"


def test_roles() -> None:
    pattern = model_names.name_pattern("qwen3_moe", "Qwen3Moe")
    assert model_names.role_of("Qwen3MoeAttention", pattern) == "Attention"
    assert model_names.role_of("Attention", None) == "Attention"


def test_affinity_is_symmetric_and_highest_for_the_same_name() -> None:
    assert model_names.name_affinity("qwen3", "qwen3") == 1
    assert model_names.name_affinity("qwen3_moe", "qwen3") == pytest.approx(10 / 13)
    assert model_names.name_affinity("qwen3", "qwen3_moe") == pytest.approx(10 / 13)
    assert model_names.name_affinity("llama", "clip") == 0
    assert model_names.name_affinity("bert", "big_bird") == 0
