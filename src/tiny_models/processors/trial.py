"""Inputs made by a fixture's own processors, which its model has to take."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tiny_models.processors.classes import ProcessorClasses, find_class

_TEXT = "hello"
# In pixels. Not square, so that height and width differ.
_HEIGHT, _WIDTH = 48, 64
_FRAMES = 4
_SECONDS = 0.5
_TONE = 440


def made_inputs(classes: ProcessorClasses, directory: Path, model: Any) -> dict[str, Any]:
    """What the processors in a directory make of a picture, a sound and a text, for a model.

    Each goes to the processors that take it. Only the parameters that the model's `forward` names
    are in the result; it is empty without processors, and where a text is wanted that none of them
    reads. Raises whatever a processor raises.
    """
    import torch

    made: dict[str, Any] = {}
    for role, thing in _loaded(classes, directory):
        made.update(_called(role, thing))
    names = inspect.signature(model.forward).parameters
    # Without labels: those of a text that is also the input would be for another task.
    inputs = {name: value for name, value in made.items() if name in names and name != "labels"}
    if not inputs or ("input_ids" in names and "input_ids" not in inputs):
        return {}
    starts = "decoder_input_ids" in names and not {"decoder_input_ids", "labels"} & inputs.keys()
    if starts:
        start = model.config.get_text_config(decoder=True)
        inputs["decoder_input_ids"] = torch.tensor(
            [[getattr(start, "decoder_start_token_id", None) or 0]]
        )
    return {
        name: value.to(model.dtype)
        if isinstance(value, torch.Tensor) and value.is_floating_point()
        else value
        for name, value in inputs.items()
    }


def _loaded(classes: ProcessorClasses, directory: Path) -> list[tuple[str, Any]]:
    """The processor, which has its parts, or else the parts that have files."""
    roles = {
        "processor": ("processor_config.json", classes.processor),
        "image_processor": ("preprocessor_config.json", classes.image_processor),
        "video_processor": ("video_preprocessor_config.json", classes.video_processor),
        "feature_extractor": ("preprocessor_config.json", classes.feature_extractor),
    }
    loaded = []
    for role, (file, name) in roles.items():
        part_class = None if name is None else find_class(name)
        if part_class is not None and (directory / file).is_file():
            loaded.append((role, part_class.from_pretrained(directory, local_files_only=True)))
            if role == "processor":
                break
    return loaded


def _called(role: str, thing: Any) -> Any:
    if role == "image_processor":
        return thing(_picture(), return_tensors="pt")
    if role == "video_processor":
        return thing(_video(), return_tensors="pt")
    if role == "feature_extractor":
        return thing(
            _sound(thing.sampling_rate), sampling_rate=thing.sampling_rate, return_tensors="pt"
        )
    return _processed(thing)


def _processed(processor: Any) -> Any:
    """What a processor makes of all that it takes, in the first way that it accepts.

    Some take a text only in place of other inputs, or only as part of a conversation. Raises what
    the first way raises.
    """
    parts = processor.get_attributes()
    media: dict[str, Any] = {}
    if "image_processor" in parts:
        media["images"] = _picture()
    options: dict[str, Any] = {"return_tensors": "pt"}
    hears = next((part for part in ("feature_extractor", "audio_processor") if part in parts), None)
    if hears is not None:
        options["sampling_rate"] = getattr(processor, hears).sampling_rate
        media["audio"] = _sound(options["sampling_rate"])
    if "tokenizer" not in parts:
        return processor(**media, **options)
    text = [_placeholders(processor, media) + _TEXT]
    ways: list[Callable[[], Any]] = [lambda: processor(**media, text=text, **options)]
    if media:
        ways.append(lambda: processor(**media, **options))
        if processor.chat_template:
            ways.append(lambda: _of_conversation(processor, media))
    problems = []
    for way in ways:
        try:
            return way()
        except Exception as problem:  # noqa: BLE001 - any class may refuse some of its inputs
            problems.append(problem)
    raise problems[0]


def _of_conversation(processor: Any, media: Mapping[str, Any]) -> Any:
    kinds = {"images": "image", "audio": "audio"}
    content = [{"type": kinds[name], kinds[name]: value} for name, value in media.items()]
    return processor.apply_chat_template(
        [{"role": "user", "content": [*content, {"type": "text", "text": _TEXT}]}],
        add_generation_prompt=True,
        tokenize=True,
        return_dict=True,
        return_tensors="pt",
    )


def _placeholders(processor: Any, given: Mapping[str, Any]) -> str:
    """A token for each input, where the processor or its tokenizer has one by name."""
    tokens = []
    for name, attribute in (("images", "image_token"), ("audio", "audio_token")):
        token = getattr(processor, attribute, None)
        token = token or getattr(processor.tokenizer, attribute, None)
        if name in given and token is not None:
            tokens.append(str(token))
    return "".join(tokens)


def _picture() -> Any:
    import numpy
    from PIL import Image

    rows, columns = numpy.mgrid[0:_HEIGHT, 0:_WIDTH]
    return Image.fromarray(
        numpy.stack([rows * 5, columns * 3, rows + columns], axis=2).astype("uint8")
    )


def _video() -> Any:
    import numpy

    return numpy.stack([numpy.roll(numpy.asarray(_picture()), 4 * n, 1) for n in range(_FRAMES)])


def _sound(rate: int) -> Any:
    import numpy

    times = numpy.arange(int(_SECONDS * rate)) / rate
    return numpy.sin(2 * numpy.pi * _TONE * times).astype("float32")
