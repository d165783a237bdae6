from __future__ import annotations

import inspect
from types import SimpleNamespace
from typing import Any

import pytest

from tiny_models.inputs.modalities import joined, left_out, taken


def model_class(*parameters: str, says: tuple[str, ...] = ("text",)) -> Any:
    kind = inspect.Parameter.KEYWORD_ONLY
    signature = inspect.Signature([inspect.Parameter(parameter, kind) for parameter in parameters])
    forward = type("Forward", (), {"__call__": lambda self: None, "__signature__": signature})()
    return SimpleNamespace(forward=forward, input_modalities=says)


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        (("input_ids", "attention_mask", "inputs_embeds"), "text"),
        (("input_ids", "pixel_values", "pixel_values_videos"), "image+text+video"),
        (("input_values", "decoder_input_ids"), "audio+text"),
        (("input_features", "pixel_mask"), "audio"),
        (("high_res_pixel_values",), "image"),
        # States of another model, masks and sizes are not inputs of their own.
        (("encoder_outputs", "image_embeds", "image_sizes", "audio_attention_mask"), ""),
    ],
)
def test_kinds_come_from_the_parameters(parameters: tuple[str, ...], expected: str) -> None:
    # What the class says counts for nothing: a text part inherits the whole model's word.
    assert joined(taken(model_class(*parameters, says=("image", "text")))) == expected


def test_pixels_of_a_class_for_videos_alone_are_a_video() -> None:
    video = model_class("pixel_values", says=("video",))
    assert joined(taken(video)) == "video"
    assert left_out(video, ["pixel_values"]) == ()
    assert joined(taken(model_class("pixel_values", says=("image", "video")))) == "image"


def test_what_a_pass_left_out() -> None:
    both = model_class("input_ids", "pixel_values", "pixel_values_videos", "input_features")
    assert left_out(both, ["input_ids", "attention_mask"]) == ("audio", "image", "video")
    assert left_out(both, ["pixel_values", "input_features"]) == ("video",)


def test_speech_without_text_leaves_nothing_out() -> None:
    either = model_class("input_ids", "input_features", "decoder_input_ids")
    assert left_out(either, ["input_features", "decoder_input_ids"]) == ()
    assert left_out(either, ["input_ids"]) == ("audio",)
