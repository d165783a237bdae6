"""Other forms of a model's inputs, for a model that does not take the usual ones.

Nothing here knows a model type: what a module expects is read from its weights, what is missing
from the error, and the rest are the layouts that libraries of models use.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from typing import Any

from tiny_models.inputs import audio, vision
from tiny_models.inputs.modalities import kind_of, left_out
from tiny_models.inputs.text import LENGTH
from tiny_models.inputs.values import first, floats, lookup, token_ids
from tiny_models.inputs.watch import Attempt

_MISMATCH = re.compile(r"tokens:?\s*(\d+)\D+features:?\s*(\d+)")
_STEPS = 64
# Small enough that a wrong guess costs nothing.
_MOST_VALUES = 2_000_000
Inputs = dict[str, Any]


def alternatives(model: Any, inputs: Mapping[str, Any], failed: Attempt) -> Iterator[Inputs]:
    """Inputs to try in place of those with which a pass failed, the likeliest first."""
    names = inspect.signature(model.forward).parameters
    message = str(failed.problem)
    yield from _with_counted_placeholders(model, inputs, message)
    missing = [name for name in names if name not in inputs and re.search(rf"\b{name}\b", message)]
    for name in missing:
        for value in _made(model, name):
            yield {**inputs, name: value}
    for name in inputs:
        if re.search(rf"\b{name}\b", message) and len(inputs) > 1:
            yield {key: value for key, value in inputs.items() if key != name}
    held = [name for name, value in inputs.items() if _is_noise(value)]
    for name in held:
        forms = (*_expected(failed.module, name), *_layouts(inputs[name], name))
        if kind_of(name) in ("image", "video"):
            forms += tuple(_pieces(model, name))
        for value in forms:
            if value.numel() <= _MOST_VALUES:
                yield {**inputs, name: value}


def with_every_kind(model: Any, inputs: Mapping[str, Any]) -> Iterator[Inputs]:
    """The inputs with something of the kinds that ``forward`` names and that they lack."""
    lacking = left_out(type(model), inputs)
    if not lacking:
        return
    names = inspect.signature(model.forward).parameters
    missing = [name for name in names if kind_of(name) in lacking and name not in inputs]
    for name in missing:
        for value in _made(model, name):
            yield {**inputs, name: value}


def _is_noise(value: Any) -> bool:
    import torch

    return isinstance(value, torch.Tensor) and value.is_floating_point() and value.dim() > 1


def _with_counted_placeholders(
    model: Any, inputs: Mapping[str, Any], message: str
) -> Iterator[Inputs]:
    """As many placeholders in front as an error counts features."""
    import torch

    counts = _MISMATCH.search(message)
    ids = inputs.get("input_ids")
    if counts is None or ids is None or ids.dim() != 2:
        return
    tokens, features = int(counts[1]), int(counts[2])
    for kind in ("image", "video", "audio"):
        token = lookup(model.config, f"{kind}_token_id", f"{kind}_token_index")
        if not isinstance(token, int) or kind not in message.lower():
            continue
        others = ids[ids != token][None]
        widths = {1, lookup(model.config, "hidden_size", default=1)}
        for width in sorted(widths, reverse=True):
            if tokens * width > features * 64 or features % width:
                continue
            front = torch.full((1, features // width), token, dtype=ids.dtype)
            changed = torch.cat([front, others], dim=1)
            result = {**inputs, "input_ids": changed}
            if "attention_mask" in inputs:
                result["attention_mask"] = torch.ones_like(changed)
            yield result


def _made(model: Any, name: str) -> Iterator[Any]:
    """Values for an input that the usual ones lack, by what its name says."""
    import torch

    config = model.config
    kind = kind_of(name)
    if kind == "audio":
        sound = audio.audio_part(config)
        yield audio.waveform(model, sound)
        yield audio.spectrogram(sound)
        return
    if kind in ("image", "video"):
        yield vision.picture(vision.vision_part(config))
        yield vision.video(vision.vision_part(config), set())
        return
    if "grid_thw" in name:
        yield torch.tensor([vision.GRID])
    elif "mask" in name:
        yield torch.ones(1, LENGTH, dtype=torch.long)
    elif name.endswith(("_sizes", "_shapes")):
        side = vision.size(vision.vision_part(config))
        yield torch.tensor([[side, side]])
    elif name.endswith(("_lengths", "_length")):
        yield torch.tensor([_STEPS])
    elif name == "position_ids":
        yield torch.arange(LENGTH)[None]
    elif name.endswith(("_idx", "_index")):
        yield 1
    elif name.endswith("_ids"):
        yield token_ids(config, name, LENGTH)
    elif name.endswith(("states", "embeds", "embeddings", "features", "latents")):
        width = lookup(config, "hidden_size", "d_model", "embed_dim", default=32)
        yield floats(name, 1, LENGTH, width)
        yield floats(name, 1, width, LENGTH)


def _expected(module: Any, name: str) -> Iterator[Any]:
    """Inputs of the form that a module's weights ask for."""
    weight = getattr(module, "weight", None)
    if weight is None:
        return
    sizes = tuple(weight.shape)
    kernel = getattr(module, "kernel_size", None)
    if kernel is None:
        width = sizes[-1]
        yield floats(name, 1, _STEPS, width)
        yield floats(name, LENGTH, width)
        yield floats(name, 1, LENGTH, width)
        yield floats(name, 1, width, _STEPS)
        return
    channels = getattr(module, "in_channels", sizes[1])
    if len(kernel) == 1:
        yield floats(name, 1, channels, _STEPS if channels > 2 else audio.SAMPLES)
        yield floats(name, 1, _STEPS, channels)
    elif len(kernel) == 2:
        yield floats(name, 1, channels, vision.SIZE, vision.SIZE)
        yield floats(name, LENGTH, channels, *kernel)
        yield floats(name, 1, 1, channels, vision.SIZE, vision.SIZE)
    else:
        yield floats(name, LENGTH, channels, *kernel)
        yield floats(name, 1, channels, 2 * kernel[0], vision.SIZE, vision.SIZE)
        yield floats(name, 1, 2 * kernel[0], channels, vision.SIZE, vision.SIZE)


def _pieces(model: Any, name: str) -> Iterator[Any]:
    """Pictures in squares of a patch, or of those patches that are merged to one."""
    config = vision.vision_part(model.config)
    patch, channels = first(lookup(config, "patch_size", default=16)), vision.channels(config)
    merge = first(lookup(config, "spatial_merge_size", "merge_size", default=2))
    time = first(lookup(config, "temporal_patch_size", default=2))
    for side in (patch, merge * patch):
        yield floats(name, LENGTH, channels, side, side)
        yield floats(name, LENGTH, side, side, channels)
        for frames in {1, time}:
            yield floats(name, LENGTH, frames, channels, side, side)
            yield floats(name, LENGTH, channels, frames, side, side)
            yield floats(name, LENGTH, frames, side, side, channels)
    yield floats(name, 1, LENGTH, channels, patch, patch)
    yield floats(name, LENGTH, channels * patch * patch)
    yield floats(name, 1, LENGTH, channels * patch * patch)


def _layouts(value: Any, name: str) -> Iterator[Any]:
    """The same amount of noise with axes exchanged, added or joined."""
    shape = tuple(value.shape)
    if len(shape) == 3:
        yield value.transpose(1, 2).contiguous()
    for axis in (1, 0, 2):
        yield value.unsqueeze(axis)
    if len(shape) >= 3 and shape[0] == 1:
        yield value[0]
    if len(shape) >= 4:
        yield floats(name, shape[0], 2, *shape[1:])
    if len(shape) == 2:
        yield floats(name, 1, _STEPS, 80)
        yield floats(name, 1, 80, _STEPS)
    if len(shape) > 3:
        yield value.flatten(1)
