from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiny_models.processors.sizing import (
    audio_values,
    image_tokens,
    image_values,
    processor_values,
)

VISION: dict[str, Any] = {
    "vision_config": {"image_size": 32, "patch_size": 8},
    "text_config": {"image_size": 9},
}


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


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({**VISION, "hidden_stride": 2}, 4),
        # The coder halves a picture of 64 pixels after each stage but the last.
        ({"vq_config": {"channel_multiplier": [1, 1, 1, 1]}}, 64),
        ({"image_size": 32, "vq_config": {"channel_multiplier": [1, 2]}}, 256),
    ],
)
def test_tokens_of_strides_and_of_codes(config: dict[str, Any], expected: int) -> None:
    assert processor_values(["image_seq_length"], config) == {"image_seq_length": expected}


def test_tokens_of_strides_without_a_size() -> None:
    config = {"vision_config": {"patch_stride": [4, 2, 2, 2]}}
    assert image_tokens(config) == 4


def test_the_model_may_be_a_part_and_its_sizes_arguments() -> None:
    wrapped = {"vlm_config": {**VISION, "pixel_shuffle_factor": 2}}
    assert processor_values(["image_seq_len"], wrapped) == {"image_seq_len": 4}
    timm = {"vision_config": {"model_args": {"img_size": 64, "patch_size": 16}}}
    assert processor_values(["patch_size"], timm) == {"patch_size": 16}
    tiles = {"tile_size": 448, "max_num_tiles": 36}
    assert image_values(tiles, timm) == {"tile_size": 64, "max_num_tiles": 4}


@given(st.integers(1, 32))
def test_flattened_patches_are_as_wide_as_the_model_reads(edge: int) -> None:
    fields = {"patch_size": {"height": 16, "width": 16}, "max_patches": 4096}
    config = {"vision_config": {"patch_embed_hidden_size": 3 * edge**2}}
    assert image_values(fields, config) == {
        "patch_size": {"height": edge, "width": edge},
        "max_patches": 16,
    }


def test_a_patch_may_be_a_crop() -> None:
    fields = {"patch_size": 504, "vision_patch_size": 14, "size": {"height": 728, "width": 728}}
    assert image_values(fields, VISION) == {
        "patch_size": 32,
        "vision_patch_size": 8,
        "size": {"height": 32, "width": 32},
    }


def test_margins_leave_something_of_a_crop() -> None:
    margins = {"overlap_margins": [4, 4]}
    assert image_values(margins, VISION)["overlap_margins"] == [1, 1]
    large = {"vision_config": {"image_size": 378, "patch_size": 14}}
    assert image_values(margins, large)["overlap_margins"] == [4, 4]


@pytest.mark.parametrize(
    ("vision", "expected"),
    [
        ({"spatial_merge_size": 2}, {"temporal_patch_size": 1}),
        ({"spatial_merge_size": 2, "temporal_patch_size": 2}, {"temporal_patch_size": 2}),
        ({"spatial_merge_size": 2, "temporal_merge_size": 2}, {}),
        ({}, {}),
    ],
)
def test_frames_in_a_patch(vision: dict[str, int], expected: dict[str, int]) -> None:
    assert image_values({"temporal_patch_size": 2}, {"vision_config": vision}) == expected


def test_a_size_below_any_pictures_is_that_of_a_token() -> None:
    fields = {"size": {"height": 40, "width": 40}}
    vision = {"patch_size": 16, "spatial_merge_size": 2}
    assert image_values(fields, {"vision_config": vision})["size"] == {"height": 32, "width": 32}
    assert image_values(fields, VISION)["size"] == {"height": 32, "width": 32}
    assert image_values(fields, {})["size"] == {"height": 64, "width": 64}


def test_lines_of_text_stay_low() -> None:
    line = {"height": 48, "width": 320}
    assert image_values({"size": line, "pad_size": line}, {}) == {"size": line, "pad_size": line}
    assert image_values({"size": line}, VISION)["size"] == {"height": 32, "width": 32}


def test_detectors_with_one_size_get_both_edges() -> None:
    fields = {"format": "coco_detection", "size": {"shortest_edge": 800, "longest_edge": 1333}}
    assert image_values(fields, VISION)["size"] == {"height": 32, "width": 32}
    assert image_values(fields, {})["size"] == {"shortest_edge": 64, "longest_edge": 64}


def test_the_smallest_of_several_scales_is_one_patch() -> None:
    config = {
        "patch_size": 56,
        "scaled_images_ratios": [0.25, 0.5, 1],
        "image_model_config": {"image_size": 56, "patch_size": 14},
    }
    fields = {"size": {"height": 1536, "width": 1536}}
    assert image_values(fields, config)["size"] == {"height": 224, "width": 224}


def test_soft_tokens_are_the_fewest_that_can_be_chosen() -> None:
    assert image_values({"max_soft_tokens": 280}, VISION) == {"max_soft_tokens": 70}


@given(st.integers(2, 300), st.integers(1, 32))
def test_pixels_that_become_ids_fit_the_vocabulary_and_the_positions(
    vocabulary: int, edge: int
) -> None:
    fields = {"clusters": None, "size": {"height": 256, "width": 256}}
    values = image_values(fields, {"vocab_size": vocabulary, "n_positions": edge**2})
    assert values["size"] == {"height": edge, "width": edge}
    assert len(values["clusters"]) == vocabulary - 1
    assert all(-1 <= shade <= 1 for cluster in values["clusters"] for shade in cluster)


def test_a_codebook_has_a_code_per_patch() -> None:
    codebook = {"height": 112, "width": 112}
    fields = {
        "input_size_patches": 14,
        "codebook_size": codebook,
        "codebook_crop_size": codebook,
    }
    assert image_values(fields, VISION) == {
        "input_size_patches": 4,
        "total_mask_patches": 8,
        "mask_group_min_patches": 1,
        "codebook_size": {"height": 32, "width": 32},
        "codebook_crop_size": {"height": 32, "width": 32},
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
