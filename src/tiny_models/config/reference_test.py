"""Tiny configs keep what makes a family's public checkpoint what it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tiny_models.config.rope import merged_rope
from tiny_models.config.shrink import shrink
from tiny_models.families.checkpoints import CHECKPOINTS, Checkpoint
from tiny_models.inputs.text import LENGTH
from tiny_models.transformers_api import catalogue
from toolkit.errors import InputError

_WINDOWS = ("sliding_window", "attention_chunk_size")
_ROPE = ("rope_theta", "rope_scaling")
_CASES = [
    pytest.param(model_type, checkpoint, id=model_type)
    for checkpoint in CHECKPOINTS
    for model_type in checkpoint.model_types
]


def _sharing(heads: int, shared: int) -> str:
    return "none" if shared == heads else "all" if shared == 1 else "some"


def _rope_values(config: Any, name: str) -> set[Any]:
    parameters: Mapping[str, Any] = config.rope_parameters
    kinds = [kind for kind in parameters.values() if isinstance(kind, Mapping)] or [parameters]
    return {kind.get(name) for kind in kinds}


def _follows(config: Any, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        if isinstance(value, Mapping) and name not in _ROPE:
            _follows(getattr(config, name), value)
        elif name == "rope_theta":
            assert _rope_values(config, name) == {value}
        elif name == "rope_scaling":
            scaling = value or {"rope_type": "default"}
            assert _rope_values(config, "rope_type") == {scaling["rope_type"]}
            assert _rope_values(config, "factor") == {scaling.get("factor")}
        elif name in _WINDOWS:
            assert 0 < getattr(config, name) < LENGTH
        elif name == "num_key_value_heads":
            full = _sharing(values["num_attention_heads"], value)
            assert _sharing(config.num_attention_heads, config.num_key_value_heads) == full
        elif name in ("n_group", "topk_group"):
            assert config.n_group > config.topk_group >= 1
            assert config.n_routed_experts % config.n_group == 0
        elif isinstance(value, (bool, float, str)):
            assert getattr(config, name) == value


@pytest.mark.parametrize(("model_type", "checkpoint"), _CASES)
def test_follows_the_public_checkpoint(model_type: str, checkpoint: Checkpoint) -> None:
    _follows(shrink(model_type), checkpoint.values)


def test_each_type_has_one_checkpoint_and_is_known() -> None:
    types = [model_type for checkpoint in CHECKPOINTS for model_type in checkpoint.model_types]
    assert len(set(types)) == len(types)
    assert set(types) <= set(catalogue.model_types())


def test_a_decoder_without_a_listed_checkpoint_shares_keys_and_values() -> None:
    listed = {name for checkpoint in CHECKPOINTS for name in checkpoint.model_types}
    assert "hyperclovax" not in listed
    config = shrink("hyperclovax")
    assert (config.num_attention_heads, config.num_key_value_heads) == (4, 2)
    # Its keys and values come from one latent vector for each token.
    latent = shrink("deepseek_v3")
    assert latent.num_attention_heads == latent.num_key_value_heads == 4


def test_a_part_follows_what_its_whole_has() -> None:
    shared = shrink("idefics3").text_config
    assert (shared.model_type, shared.num_key_value_heads) == ("llama", 2)
    assert shrink("llava").text_config.num_key_value_heads == 4


def test_windows_are_shorter_than_texts() -> None:
    for model_type in ("mistral", "gemma2", "gemma3_text", "gpt_oss"):
        assert 0 < shrink(model_type).sliding_window < LENGTH
    assert 0 < shrink("modernbert").local_attention < LENGTH


def test_former_rotary_fields_are_overrides_too() -> None:
    config = shrink("qwen2", overrides={"rope_theta": 5.0})
    assert config.rope_parameters == {"rope_type": "default", "rope_theta": 5.0}
    scaling: dict[str, Any] = {"rope_type": "linear", "factor": 2.0}
    config = shrink("llama", overrides={"rope_scaling": scaling})
    assert config.rope_parameters == {**scaling, "rope_theta": 500_000.0}
    config = shrink("llava", overrides={"text_config": {"rope_theta": 7.0}})
    assert config.text_config.rope_parameters["rope_theta"] == 7.0
    with pytest.raises(InputError, match="`rope_theta` is not a field"):
        shrink("bert", overrides={"rope_theta": 5.0})


def test_rotary_parameters_of_several_kinds_change_together() -> None:
    kinds = {"full": {"rope_type": "default", "rope_theta": 1.0}, "local": None}
    assert merged_rope(kinds, {"rope_theta": 2.0}) == {
        "full": {"rope_type": "default", "rope_theta": 2.0},
        "local": None,
    }
    assert merged_rope({"rope_type": "yarn", "factor": 4.0, "rope_theta": 3.0}, {}) == {
        "rope_type": "yarn",
        "factor": 4.0,
        "rope_theta": 3.0,
    }
