from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiny_models.processors.sizing import audio_values, image_values, processor_values

VISION = {"vision_config": {"image_size": 32, "patch_size": 8}, "text_config": {"image_size": 9}}


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ({"height": 224, "width": 224}, {"height": 32, "width": 32}),
        ({"shortest_edge": 224}, {"shortest_edge": 32}),
        ({"shortest_edge": 800, "longest_edge": 1333}, {"shortest_edge": 32, "longest_edge": 32}),
        ({"max_height": 512, "max_width": 512}, {"max_height": 32, "max_width": 32}),
    ],
)
def test_a_size_keeps_its_kind(size: dict[str, int], expected: dict[str, int]) -> None:
    values = image_values({"size": size, "crop_size": None}, VISION)
    assert values == {"size": expected}


@given(st.integers(1, 32), st.integers(1, 4))
def test_an_area_holds_whole_tokens(patch: int, merge: int) -> None:
    config = {"vision_config": {"patch_size": patch, "spatial_merge_size": merge}}
    fields = {
        "patch_size": 14,
        "merge_size": 2,
        "size": {"shortest_edge": 3136, "longest_edge": 1003520},
    }
    values = image_values(fields, config)
    unit = patch * merge
    assert values["patch_size"] == patch
    assert values["merge_size"] == merge
    for edge in values["size"].values():
        assert edge % unit**2 == 0
    assert values["size"]["shortest_edge"] <= values["size"]["longest_edge"]


def test_without_an_image_size_images_are_small() -> None:
    fields = {"size": {"shortest_edge": 800, "longest_edge": 1333}}
    assert image_values(fields, {})["size"] == {"shortest_edge": 64, "longest_edge": 64}


def test_heights_and_widths_differ() -> None:
    values = image_values({"size": {"height": 1, "width": 1}}, {"image_size": [16, 24]})
    assert values["size"] == {"height": 16, "width": 24}


def test_what_a_processor_lacks_is_not_set() -> None:
    assert image_values({"do_resize": True}, VISION) == {}


def test_videos_are_short() -> None:
    assert image_values({"num_frames": 32}, {}) == {"num_frames": 4}
    assert image_values({"num_frames": 16}, {"num_frames": 8}) == {"num_frames": 8}


@pytest.mark.parametrize(
    ("fields", "config", "expected"),
    [
        ({"feature_size": 80}, {"num_mel_bins": 16}, {"feature_size": 16}),
        ({"feature_size": 1}, {"num_mel_bins": 16}, {}),
        ({"feature_size": 1, "num_mel_bins": 80}, {"num_mel_bins": 16}, {"num_mel_bins": 16}),
        ({"feature_size": 80}, {"audio_config": {"num_mel_bins": 8}}, {"feature_size": 8}),
        ({"feature_size": 1}, {"sampling_rate": 24000}, {"sampling_rate": 24000}),
        (
            {"feature_size": 80, "num_mel_bins": 80, "stride": 2},
            {"feature_projection_input_dim": 32},
            {"feature_size": 16, "num_mel_bins": 16},
        ),
    ],
)
def test_features_of_audio(
    fields: dict[str, Any], config: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert audio_values(fields, config) == expected


@given(st.integers(1, 1500))
def test_a_chunk_has_as_many_frames_as_the_encoder_reads(positions: int) -> None:
    fields = {"feature_size": 80, "hop_length": 160, "sampling_rate": 16000, "nb_max_frames": 3000}
    values = {**fields, **audio_values(fields, {"max_source_positions": positions})}
    samples = values["chunk_length"] * values["sampling_rate"]
    frames = samples // values["hop_length"]
    # Exactly, where any chunk of whole seconds has a hop of whole samples for it; else no fewer.
    possible = any(
        seconds * 16000 // (seconds * 16000 // (2 * positions)) == 2 * positions
        for seconds in range(1, 31)
    )
    assert frames == 2 * positions if possible else frames > 2 * positions


def test_parameters_of_a_processor() -> None:
    config: dict[str, Any] = {**VISION, "vision_feature_select_strategy": "full"}
    names = ["patch_size", "vision_feature_select_strategy", "num_image_tokens", "other"]
    assert processor_values(names, config) == {
        "patch_size": 8,
        "vision_feature_select_strategy": "full",
        "num_image_tokens": 16,
    }


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"downsample_ratio": 0.5, "image_seq_length": 256}, 4),
        ({"scale_factor": 4}, 1),
        ({"mm_tokens_per_image": 7}, 7),
        ({"perceiver_config": {"resampler_n_latents": 3}}, 3),
    ],
)
def test_how_many_tokens_an_image_becomes(config: dict[str, Any], expected: int) -> None:
    assert processor_values(["image_seq_length"], {**VISION, **config}) == {
        "image_seq_length": expected
    }


def test_a_class_token_is_counted() -> None:
    config = {"vision_config": {"model_type": "clip_vision_model", "image_size": 32}}
    assert processor_values(
        ["num_additional_image_tokens", "vision_feature_select_strategy"], config
    ) == {"num_additional_image_tokens": 1, "vision_feature_select_strategy": "default"}


def test_a_budget_of_patches_is_small_and_one_of_crops_is_kept() -> None:
    budget = {"max_patches": 1024, "patch_size": 16, "merge_size": 1}
    assert image_values(budget, {"merge_size": 2})["max_patches"] == 64
    assert image_values(budget, {})["max_patches"] == 16
    assert "max_patches" not in image_values({**budget, "min_patches": 1}, {})


@pytest.mark.parametrize(
    ("fields", "config", "expected"),
    [
        ({"feature_size": 80}, {"decoder_config": {"feature_size": 32}}, {"feature_size": 32}),
        (
            {"feature_size": 80},
            {"audio_config": {"asr_config": {"num_mel_bins": 24}}},
            {"feature_size": 24},
        ),
        (
            {"feature_size": 80, "stride": 2},
            {"semantic_model_config": {"feature_projection_input_dim": 32}},
            {"feature_size": 16, "num_mel_bins": 16},
        ),
        ({"model_in_channels": 64}, {"model_in_channels": 8}, {"model_in_channels": 8}),
        (
            {"pad_to_multiple_of": 3200},
            {"audio_config": {"downsampling_ratios": [2, 2, 4]}},
            {"pad_to_multiple_of": 16},
        ),
    ],
)
def test_what_only_sound_has_is_found_in_any_part(
    fields: dict[str, Any], config: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert audio_values(fields, config) == expected
