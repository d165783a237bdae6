from __future__ import annotations

import json
from dataclasses import dataclass
from types import SimpleNamespace
from typing import ClassVar

import pytest

from tiny_models.config.field_rules import shrink_value
from tiny_models.config.layers import select_layers
from tiny_models.config.related_fields import related_sizes
from tiny_models.config.rope import shrink_rope
from tiny_models.config.shrink import shrink
from tiny_models.tokenizers.config_fields import token_fields
from tiny_models.vocabulary.token_ids import id_fields, parts
from tiny_models.vocabulary.vocabulary import Vocabulary
from toolkit.errors import InputError


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("hidden_size", 4096, 32),
        ("hidden_size", 16, 16),
        ("hidden_sizes", (64, 128), [32, 32]),
        ("num_attention_heads", 1, 4),
        ("num_key_value_heads", 8, 2),
        ("intermediate_size", 11008, 64),
        ("moe_intermediate_size", 512, 64),
        ("decoder_layers", 12, 2),
        ("num_experts_per_tok", 8, 2),
        ("vocab_size", 151936, 256),
        ("image_token_id", 151655, 151655),
        ("image_size", 224, 224),
        ("use_cache", True, True),
        ("hidden_act", "silu", "silu"),
        ("hidden_size", None, None),
        ("mlp_ratio", 4, 4),
        ("num_code_groups", 32, 16),
    ],
)
def test_rules(name: str, value: object, expected: object) -> None:
    assert shrink_value(name, value) == expected


def test_a_layer_of_each_kind_stays() -> None:
    class Config:
        def __init__(self) -> None:
            self.num_hidden_layers = 6
            self.layer_types = ["a", "a", "b", "a", "a", "c"]
            self.widths = [1, 2, 3, 4, 5, 6]

    names = ["num_hidden_layers", "layer_types", "widths"]
    chosen = select_layers(Config(), {"num_hidden_layers": 2}, names)
    assert chosen["layer_types"] == ["a", "b", "c"]
    assert chosen["num_hidden_layers"] == 3


def test_sections_fill_the_head() -> None:
    small = shrink_rope({"rope_type": "default", "mrope_section": [16, 24, 24]})
    assert sum(small["mrope_section"]) == 4
    nested = shrink_rope({"full_attention": {"long_factor": [2.0] * 64}})
    assert nested["full_attention"]["long_factor"] == [1.0] * 4


def test_overrides_and_sub_configs() -> None:
    config = shrink("llava", overrides={"text_config": {"num_hidden_layers": 3}})
    assert config.text_config.num_hidden_layers == 3
    assert config.text_config.hidden_size == 32
    assert config.vision_config.hidden_size == 32


@pytest.mark.parametrize("count", [1, 3, 5])
def test_lists_per_layer_follow_an_overridden_count(count: int) -> None:
    config = shrink("qwen2", overrides={"num_hidden_layers": count})
    assert len(config.layer_types) == count
    part = shrink("llava", overrides={"text_config": {"num_hidden_layers": count}})
    assert part.text_config.num_hidden_layers == count
    given = shrink("qwen3", overrides={"num_hidden_layers": 1, "layer_types": ["full_attention"]})
    assert given.layer_types == ["full_attention"]


def test_an_override_that_is_no_field_of_a_part() -> None:
    with pytest.raises(InputError, match="`num_layerz` is not a field of") as caught:
        shrink("llava", overrides={"text_config": {"num_layerz": 3}})
    assert caught.value.hint


def test_a_vocabulary_is_written_everywhere() -> None:
    vocabulary = Vocabulary(
        300, {"pad_token_id": 5, "eos_token_id": 6, "image_token_id": 299, "bos_token_id": 7}
    )
    config = shrink("llava", vocabulary=vocabulary)
    assert config.text_config.vocab_size == 300
    assert config.text_config.eos_token_id == 6
    assert config.image_token_id == 299
    kept = shrink("qwen2", vocabulary=vocabulary, overrides={"vocab_size": 400, "eos_token_id": 1})
    assert (kept.vocab_size, kept.eos_token_id, kept.pad_token_id) == (400, 1, 5)


def test_an_id_may_have_a_field_of_another_name() -> None:
    @dataclass
    class Config:
        attribute_map: ClassVar = {"image_token_id": "image_patch_id", "depth": "num_layers"}
        image_patch_id: int = 0
        num_layers: int = 2

    assert list(id_fields(Config())) == ["image_patch_id"]
    assert [field.attribute for field in token_fields("any", Config)] == ["image_token"]


def test_words_of_the_vocabulary_have_the_placeholder() -> None:
    config = shrink("chameleon", vocabulary=Vocabulary(300, {"image_token_id": 299}))
    assert config.image_token_id == config.vocabulary_map["<image>"] == 299


def test_sides_of_a_picture_are_whole_patches() -> None:
    assert related_sizes(SimpleNamespace(image_size=[378, 378], patch_size=14)) == {
        "image_size": [56, 56]
    }
    assert related_sizes(SimpleNamespace(image_size=[32, 128], patch_size=4)) == {
        "image_size": [32, 64]
    }


def test_ids_that_the_vocabulary_lacks_do_not_stay() -> None:
    config = shrink("qwen2_vl", vocabulary=Vocabulary(300, {"eos_token_id": 6}))
    assert config.text_config.bos_token_id is None
    assert config.text_config.eos_token_id == 6


def test_sound_codes_keep_their_own_vocabulary() -> None:
    vocabulary = Vocabulary(300, {"pad_token_id": 5})
    config = shrink("musicgen", vocabulary=vocabulary)
    assert config.text_encoder.vocab_size == 300
    # Of the small codec, and the first id beyond them pads.
    codes = config.audio_encoder.codebook_size
    assert (config.decoder.vocab_size, config.decoder.pad_token_id) == (codes, codes)
    assert shrink("whisper", vocabulary=vocabulary).vocab_size == 300


@pytest.mark.parametrize("model_type", ["qwen2_vl", "llava", "idefics3", "gemma3", "whisper"])
def test_default_ids_are_inside_and_apart(model_type: str) -> None:
    config = shrink(model_type)
    size = config.get_text_config(decoder=True).vocab_size
    seen: dict[int, str] = {}
    for part in parts(config):
        for name, value in vars(part).items():
            if name.endswith(("image_token_id", "video_token_id", "audio_token_id")) and value:
                assert 0 <= value < size
                assert seen.setdefault(value, name) == name


def test_a_tiny_config_survives_its_file() -> None:
    config = shrink("qwen2_vl")
    text = json.loads(config.to_json_string())
    assert type(config).from_dict(text).to_dict() == config.to_dict()


def test_tables_of_embeddings_per_layer_have_the_vocabulary() -> None:
    config = shrink("gemma4", vocabulary=Vocabulary(700, {}))
    assert config.text_config.vocab_size == 700
    assert config.text_config.vocab_size_per_layer_input == 700
    none = shrink("gemma4", overrides={"text_config": {"vocab_size_per_layer_input": 0}})
    assert none.text_config.vocab_size_per_layer_input == 0
