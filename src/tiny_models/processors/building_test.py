from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tiny_models import processors, tokenizers
from tiny_models.core.errors import MissingRequirement
from tiny_models.processors.classes import classes_of, requirement_of
from tiny_models.processors.options import ProcessorOptions
from tiny_models.repository.contents import contents
from toolkit.errors import InputError

CLIP = {"vision_config": {"image_size": 32, "patch_size": 8}}


def built(model_type: str, config: dict[str, Any], directory: Path, options: Any = True) -> Any:
    from transformers import AutoProcessor

    tokenizers.build(model_type, {}, directory)
    processors.build(model_type, config, options, directory)
    (directory / "config.json").write_text(json.dumps({"model_type": model_type}))
    return AutoProcessor.from_pretrained(directory)


def picture() -> Any:
    from PIL import Image

    return Image.new("RGB", (50, 40), (200, 100, 0))


def test_images_have_the_models_size(tmp_path: Path) -> None:
    processor = built("clip", CLIP, tmp_path)
    assert type(processor).__name__ == "CLIPProcessor"
    inputs = processor(text=["hello"], images=picture(), return_tensors="pt")
    assert inputs["pixel_values"].shape == (1, 3, 32, 32)
    assert int(inputs["input_ids"].max()) < len(processor.tokenizer)


def test_an_image_becomes_as_many_tokens_as_the_model_sees(tmp_path: Path) -> None:
    config: dict[str, Any] = {**CLIP, "vision_feature_select_strategy": "full"}
    processor = built("llava", config, tmp_path)
    parts = [{"type": "image"}, {"type": "text", "text": "hello"}]
    text = processor.apply_chat_template([{"role": "user", "content": parts}], tokenize=False)
    inputs = processor(text=text, images=picture(), return_tensors="pt")
    assert int((inputs["input_ids"] == processor.image_token_id).sum()) == (32 // 8) ** 2


def test_sounds_have_the_models_features(tmp_path: Path) -> None:
    import numpy

    config = {"num_mel_bins": 8, "max_source_positions": 40}
    processor = built("whisper", config, tmp_path)
    inputs = processor(numpy.zeros(3000, "float32"), sampling_rate=16000, return_tensors="pt")
    assert inputs["input_features"].shape == (1, 8, 80)


def test_saving_again_changes_nothing(tmp_path: Path) -> None:
    processor = built("clip", CLIP, tmp_path / "made")
    processor.save_pretrained(tmp_path / "again")
    assert contents(tmp_path / "again") == contents(tmp_path / "made")


def test_the_tokenizer_keeps_its_ids(tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    before = tokenizers.build("colpali", {}, tmp_path)
    assert before is not None
    processors.build("colpali", {"vision_config": {"image_size": 28}}, True, tmp_path)
    (tmp_path / "config.json").write_text('{"model_type": "colpali"}')
    tokenizer = AutoTokenizer.from_pretrained(tmp_path)
    assert len(tokenizer) == before.size
    assert tokenizer.image_token_id == before.special_ids["image_token_id"]


def test_a_type_with_an_image_processor_alone(tmp_path: Path) -> None:
    from transformers import AutoImageProcessor

    assert processors.build("vit", {"image_size": 30}, True, tmp_path) == [
        "preprocessor_config.json"
    ]
    (tmp_path / "config.json").write_text('{"model_type": "vit"}')
    processor = AutoImageProcessor.from_pretrained(tmp_path)
    assert processor(picture(), return_tensors="pt")["pixel_values"].shape[-2:] == (30, 30)


def test_a_type_without_processors(tmp_path: Path) -> None:
    assert processors.build("llama", {}, True, tmp_path) == []
    assert not list(tmp_path.iterdir())


def test_off(tmp_path: Path) -> None:
    assert processors.build("vit", {}, False, tmp_path) == []


def test_fields_can_be_overridden(tmp_path: Path) -> None:
    processors.build("vit", {"image_size": 30}, {"do_normalize": False, "size": 12}, tmp_path)
    written = json.loads((tmp_path / "preprocessor_config.json").read_text())
    assert written["do_normalize"] is False
    assert written["size"] == {"height": 12, "width": 12}


def test_a_field_of_no_part_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(InputError) as raised:
        processors.build("vit", {}, {"do_normalise": True}, tmp_path)
    assert "unknown field of the processors of vit `do_normalise`" in str(raised.value)
    assert "did you mean `do_normalize`" in raised.value.hint
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("value", ["yes", 3, ["size"], {1: 2}])
def test_what_is_no_choice(value: Any) -> None:
    with pytest.raises(InputError, match="true, false or a mapping"):
        ProcessorOptions.parse(value)


def test_a_processor_needs_its_tokenizer(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="needs a tokenizer"):
        processors.build("clip", CLIP, True, tmp_path)


def test_settings_of_a_checkpoint_are_kept_where_the_model_leaves_them_free(tmp_path: Path) -> None:
    checkpoint = tmp_path / "checkpoint"
    checkpoint.mkdir()
    settings = {"image_mean": [0.1, 0.2, 0.3], "size": {"height": 224, "width": 224}}
    (checkpoint / "preprocessor_config.json").write_text(json.dumps(settings))
    options = ProcessorOptions.parse(True, checkpoint)
    processors.build("vit", {"image_size": 30}, options, tmp_path / "made")
    written = json.loads((tmp_path / "made" / "preprocessor_config.json").read_text())
    assert written["image_mean"] == [0.1, 0.2, 0.3]
    assert written["size"] == {"height": 30, "width": 30}


def test_missing_packages_are_named() -> None:
    assert requirement_of(ImportError("X requires the torchaudio library but it")) == ["torchaudio"]
    assert requirement_of(ImportError("requires the Beautiful Soup library")) == ["beautifulsoup4"]
    assert requirement_of(ImportError("Package `num2words` is required")) == ["num2words"]


def test_a_class_whose_requirement_is_missing(tmp_path: Path) -> None:
    from transformers.utils import is_torchaudio_available

    if is_torchaudio_available():
        pytest.skip("torchaudio is installed")
    with pytest.raises(MissingRequirement) as raised:
        processors.build("xcodec2", {}, True, tmp_path)
    assert raised.value.packages == ("torchaudio",)
    assert not list(tmp_path.iterdir())


def test_classes_by_role() -> None:
    classes = classes_of("qwen2_vl")
    assert classes.processor == "Qwen2VLProcessor"
    assert (classes.image_processor or "").startswith("Qwen2VLImageProcessor")
    assert classes.feature_extractor is None
    assert not classes_of("llama")


def test_what_the_environment_allows(tmp_path: Path) -> None:
    from transformers import AutoImageProcessor
    from transformers.utils import is_torchvision_available

    if is_torchvision_available():
        pytest.skip("torchvision is installed")
    tokenizers.build("qwen2_vl", {}, tmp_path)
    before = contents(tmp_path)
    config = {"vision_config": {"patch_size": 4}}
    with pytest.raises(MissingRequirement, match="torchvision"):
        processors.build("qwen2_vl", config, True, tmp_path)
    assert contents(tmp_path) == before
    files, left_out = processors.build_available("qwen2_vl", config, True, tmp_path)
    assert files == ["preprocessor_config.json"]
    assert {lack.part for lack in left_out} == {"processor", "video_processor"}
    # One reason for both, and not that of a class that all video processors extend.
    assert {lack.problem.message.partition(" needs")[0] for lack in left_out} == {
        "the video processor of qwen2_vl"
    }
    problems = [lack.problem for lack in left_out]
    missing = [problem for problem in problems if isinstance(problem, MissingRequirement)]
    assert len(missing) == len(problems)
    assert {package for problem in missing for package in problem.packages} == {"torchvision"}
    (tmp_path / "config.json").write_text('{"model_type": "qwen2_vl"}')
    assert AutoImageProcessor.from_pretrained(tmp_path).patch_size == 4
