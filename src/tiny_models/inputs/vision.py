"""Pictures and videos."""

from __future__ import annotations

import inspect
from typing import Any

from tiny_models.inputs.values import first, floats, lookup

SIZE = 64
FRAMES = 4
# One step of time also for videos: some models want text between two steps, some do not.
GRID = (1, 4, 4)


def make(model: Any, names: set[str], sofar: dict[str, Any]) -> dict[str, Any]:
    """Inputs of the picture side, where ``forward`` has one."""
    import torch

    config = vision_part(model.config)
    made: dict[str, Any] = {}
    if getattr(model.config, "vision_config", True) is None:
        return made
    if "pixel_values" in names:
        if names & {"image_grid_thw", "grid_thw"}:
            made["pixel_values"] = flat_patches(config)
        elif "spatial_shapes" in names or _takes(model, "spatial_shapes"):
            made["pixel_values"] = flat_patches(config)[None]
            made["spatial_shapes"] = torch.tensor([GRID[1:]])
            made["pixel_attention_mask"] = torch.ones(1, GRID[1] * GRID[2], dtype=torch.long)
        elif "image_sizes" in names and _needs_sizes(model):
            made["pixel_values"] = picture(config)
            if lookup(model.config, "image_grid_pinpoints") is not None:
                # The whole picture, and one crop of its own size.
                made["pixel_values"] = made["pixel_values"][:, None].repeat(1, 2, 1, 1, 1)
            made["image_sizes"] = torch.tensor([[size(config), size(config)]])
        elif _wants_video(model):
            frames = lookup(config, "num_frames", "tubelet_frames", default=FRAMES)
            made["pixel_values"] = floats(
                "video", 1, first(frames), channels(config), size(config), size(config)
            )
        else:
            made["pixel_values"] = picture(config)
    if "pixel_values_videos" in names:
        made["pixel_values_videos"] = video(config, names)
    for grid in ("image_grid_thw", "video_grid_thw", "grid_thw"):
        if grid in names:
            made[grid] = torch.tensor([GRID])
    if "grid_thw" in names and "hidden_states" in names:
        made["hidden_states"] = flat_patches(config)
        made.pop("pixel_values", None)
    return made


def vision_part(config: Any) -> Any:
    """The part of a config that is about pictures; the config itself if it has no parts."""
    for name in ("vision_config", "image_config", "visual_config", "vit_config"):
        part = getattr(config, name, None)
        if part is not None and hasattr(type(part), "sub_configs_defaults"):
            return part
    thinker = getattr(config, "thinker_config", None)
    return vision_part(thinker) if thinker is not None else config


def channels(config: Any) -> int:
    """How many channels pictures have."""
    return first(lookup(config, "num_channels", "in_channels", "in_chans", default=3))


def size(config: Any) -> int:
    """The length of a picture's side in pixels."""
    return first(lookup(config, "image_size", "img_size", "input_size", default=SIZE))


def picture(config: Any) -> Any:
    """One picture, shape (1, channels, side, side)."""
    sides = lookup(config, "image_size", "img_size", "input_size", default=SIZE)
    height, width = sides if isinstance(sides, (list, tuple)) else (sides, sides)
    return floats("picture", 1, channels(config), height, width)


def video(config: Any, names: set[str]) -> Any:
    """One video, as patches or shape (1, frames, channels, side, side)."""
    if "video_grid_thw" in names:
        return flat_patches(config)
    frames = first(lookup(config, "frames_per_clip", "num_frames", default=FRAMES))
    return floats("video", 1, frames, channels(config), size(config), size(config))


def flat_patches(config: Any, grid: tuple[int, int, int] = GRID) -> Any:
    """The patches of one picture, one a row, as models with a ``grid_thw`` take them."""
    patch = first(lookup(config, "patch_size", default=14))
    time = first(lookup(config, "temporal_patch_size", default=1))
    width = channels(config) * time * patch * patch
    return floats("patches", grid[0] * grid[1] * grid[2], width)


def _takes(model: Any, name: str) -> bool:
    maker = getattr(model, "get_image_features", None)
    return maker is not None and name in inspect.signature(maker).parameters


def _needs_sizes(model: Any) -> bool:
    """Whether sizes of pictures must be given; some classes only pass them on."""
    maker = getattr(model, "get_image_features", None)
    if maker is None:
        return True
    parameter = inspect.signature(maker).parameters.get("image_sizes")
    return parameter is not None and parameter.default is parameter.empty


def _wants_video(model: Any) -> bool:
    return "video" in (getattr(model, "input_modalities", None) or ()) and "image" not in (
        getattr(model, "input_modalities", None) or ()
    )
