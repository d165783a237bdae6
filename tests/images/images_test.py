"""Fixtures whose processors need torchvision have them, and their models run on what these give."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from huggingface_hub import snapshot_download
from transformers import AutoModelForImageTextToText, AutoProcessor

FILM = "tiny-random/film"
IMAGE = "tiny-random/image"


def logits(name: str, **inputs: Any) -> tuple[torch.Tensor, Any]:
    processor: Any = AutoProcessor.from_pretrained(name)
    content = [{"type": kind, kind: value} for kind, value in inputs.items()]
    content.append({"type": "text", "text": "what is this?"})
    batch = processor.apply_chat_template(
        [{"role": "user", "content": content}],
        add_generation_prompt=True,
        tokenize=True,
        return_dict=True,
        return_tensors="pt",
    )
    model = AutoModelForImageTextToText.from_pretrained(name).eval()
    with torch.no_grad():
        return model(**batch).logits, batch


def frames(count: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, 56, 56, 3), dtype=np.uint8)


@pytest.mark.parametrize("name", [FILM, IMAGE])
def test_nothing_is_left_out(name: str) -> None:
    manifest = json.loads(Path(snapshot_download(name), "fixture.json").read_text())
    assert not manifest.get("left_out")


@pytest.mark.parametrize(("name", "part"), [(FILM, "video_processor"), (IMAGE, "image_processor")])
def test_the_processor_is_one_of_torchvision(name: str, part: str) -> None:
    processor: Any = AutoProcessor.from_pretrained(name)
    assert getattr(processor, part) is not None
    assert not type(getattr(processor, part)).__name__.endswith("Pil")


@pytest.mark.parametrize("name", [FILM, IMAGE])
def test_an_image_changes_the_answer(name: str) -> None:
    image = frames(1)[0]
    first, batch = logits(name, image=image)
    other, _ = logits(name, image=255 - image)
    assert "pixel_values" in batch
    assert first.isfinite().all()
    assert not torch.equal(first[:, -1], other[:, -1])


def test_a_film_changes_the_answer() -> None:
    film = frames(4)
    first, batch = logits(FILM, video=film)
    other, _ = logits(FILM, video=255 - film)
    assert "pixel_values_videos" in batch
    assert first.isfinite().all()
    assert not torch.equal(first[:, -1], other[:, -1])
