"""Values of processors' fields that follow from the model's config."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

_VISION = re.compile(r".*(vision|visual|image|backbone|pixel).*")
_AUDIO = re.compile(r".*(audio|speech|sound|encoder).*")
# An image's edge in pixels, where the config leaves it open.
_FREE_EDGE = 64
# A video's frames, where the config leaves them open.
_FEW_FRAMES = 4
# Edges are at most this long; what is larger in a default counts pixels of an area.
_LONGEST_EDGE = 4000
# Image tokens along an edge, at least and at most, where a processor bounds the area.
_FEWEST_TOKENS, _MOST_TOKENS = 2, 4

_SAME_FIELDS = ("patch_size", "temporal_patch_size", "num_frames", "pooling_kernel_size")
_OTHER_NAMES = {
    "merge_size": ("spatial_merge_size", "merge_size"),
    "max_num_patches": ("num_patches",),
    "image_seq_length": ("image_seq_length", "mm_tokens_per_image", "vision_soft_tokens_per_image"),
    "image_seq_len": ("image_seq_length", "resampler_n_latents"),
    "num_query_tokens": ("num_query_tokens",),
    "downsample_factor": ("downsample_factor",),
    "downsample_ratio": ("downsample_ratio",),
    "spatial_merge_size": ("spatial_merge_size",),
    "vision_feature_select_strategy": ("vision_feature_select_strategy",),
    "img_size": ("image_size",),
    "image_size": ("image_size",),
    "pooling_ratio": ("projector_pooling_ratio",),
    "pixel_shuffle_ratio": ("pixel_shuffle_ratio",),
}
_MEL_NAMES = (
    "num_mel_bins",
    "input_feat_per_channel",
    "mel_bins",
    "n_mels",
    "num_mels",
    "feature_size",
    "input_feat_size",
    "input_size",
)


def image_values(fields: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, Any]:
    """Values for those fields of an image or video processor that the config determines.

    ``fields`` has the processor's default values. Sizes are in pixels.
    """
    known = flat_values(config, _VISION)
    values: dict[str, Any] = {}
    for name in _SAME_FIELDS:
        if fields.get(name) is not None and _whole(known.get(name)):
            values[name] = _like(fields[name], _whole(known[name]))
    merge = next((known[name] for name in _OTHER_NAMES["merge_size"] if _whole(known.get(name))), 0)
    if fields.get("merge_size") is not None and merge:
        values["merge_size"] = merge
    if isinstance(fields.get("num_frames"), int) and "num_frames" not in values:
        values["num_frames"] = min(fields["num_frames"], _FEW_FRAMES)
    edges = _edges(known.get("image_size"))
    unit = _unit({**fields, **values})
    for name in ("size", "crop_size", "max_image_size", "pad_size"):
        given = fields.get(name)
        if isinstance(given, Mapping):
            values[name] = _size(given, edges, unit)
    for name, pixels in (("min_pixels", _FEWEST_TOKENS), ("max_pixels", _MOST_TOKENS)):
        if isinstance(fields.get(name), int):
            values[name] = (pixels * unit) ** 2
    return values


def _unit(fields: Mapping[str, Any]) -> int:
    """The edge of what becomes one token, in pixels."""
    patch = _whole(fields.get("patch_size"))
    return patch * (_whole(fields.get("merge_size")) or 1) if patch else 1


def audio_values(fields: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, Any]:
    """Values for those fields of a feature extractor that the config determines."""
    known = flat_values(config, _AUDIO)
    values: dict[str, Any] = {}
    bins = next((known[name] for name in _MEL_NAMES if _whole(known.get(name))), None)
    if bins is not None:
        if isinstance(fields.get("num_mel_bins"), int):
            values["num_mel_bins"] = bins
        if isinstance(fields.get("n_mels"), int):
            values["n_mels"] = bins
        # One feature is the waveform itself.
        if isinstance(fields.get("feature_size"), int) and fields["feature_size"] > 1:
            values["feature_size"] = bins
    rate = known.get("sampling_rate") or known.get("sample_rate")
    if _whole(rate) and fields.get("feature_size") == 1:
        values["sampling_rate"] = rate
    if isinstance(fields.get("max_length"), int) and _whole(known.get("max_length")):
        values["max_length"] = known["max_length"]
    frames = _whole(known.get("max_source_positions"))
    if frames and "nb_max_frames" in fields:
        # The encoder halves the frames; a chunk has as many as it has positions. Chunks are whole
        # seconds, so that for fewer frames each of them is longer.
        rate, wanted = fields["sampling_rate"], 2 * frames
        seconds, rest = divmod(wanted * fields["hop_length"], rate)
        values["chunk_length"] = seconds if not rest else 1
        if rest:
            values["hop_length"] = rate // wanted
    return values


def processor_values(parameters: Collection[str], config: Mapping[str, Any]) -> dict[str, Any]:
    """Values for those parameters of a processor class that the config determines."""
    known = flat_values(config, _VISION)
    values = {}
    for name in parameters:
        for other in _OTHER_NAMES.get(name, (name,) if name == "patch_size" else ()):
            found = known.get(other)
            if found is not None and not isinstance(found, Mapping):
                values[name] = found
                break
    if "num_image_tokens" in parameters:
        edges, patch = _edges(known.get("image_size")), _whole(known.get("patch_size"))
        if edges and patch:
            values["num_image_tokens"] = (edges[0] // patch) * (edges[1] // patch)
    return values


def flat_values(config: Mapping[str, Any], preferred: re.Pattern[str]) -> dict[str, Any]:
    """A config's values by name; those of sub-configs whose names match come first."""
    found: dict[str, Any] = {}
    for level in _levels(config, preferred):
        for name, value in level.items():
            if value is not None and not isinstance(value, Mapping):
                found.setdefault(name, value)
    return found


def _levels(config: Mapping[str, Any], preferred: re.Pattern[str]) -> Iterator[Mapping[str, Any]]:
    subs = [(name, value) for name, value in config.items() if isinstance(value, Mapping)]
    for name, value in subs:
        if name.endswith("_config") and (preferred.fullmatch(name) or "thinker" in name):
            yield from _levels(value, preferred)
    yield config
    for name, value in subs:
        if name == "backbone_config":
            yield from _levels(value, preferred)


def _size(given: Mapping[str, Any], edges: tuple[int, int] | None, unit: int) -> dict[str, int]:
    """A size of the same kind as the given one."""
    if any(isinstance(value, int) and value > _LONGEST_EDGE for value in given.values()):
        smallest = ("shortest_edge", "min_pixels")
        return {
            name: ((_FEWEST_TOKENS if name in smallest else _MOST_TOKENS) * unit) ** 2
            for name in given
        }
    height, width = edges or (_FREE_EDGE, _FREE_EDGE)
    chosen = {
        "height": height,
        "width": width,
        "max_height": height,
        "max_width": width,
        "shortest_edge": min(height, width),
        "longest_edge": max(height, width),
    }
    return {name: chosen.get(name, value) for name, value in given.items()}


def _edges(size: Any) -> tuple[int, int] | None:
    if isinstance(size, int) and not isinstance(size, bool) and size > 0:
        return size, size
    if isinstance(size, (list, tuple)) and len(size) == 2 and all(_whole(edge) for edge in size):
        return size[0], size[1]
    return None


def _whole(value: Any) -> int:
    """A positive whole number, or zero for anything else."""
    if isinstance(value, (list, tuple)) and value and len(set(value)) == 1:
        value = value[0]
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _like(given: Any, value: int) -> Any:
    if isinstance(given, Mapping):
        return dict.fromkeys(given, value)
    if isinstance(given, (list, tuple)):
        return [value] * len(given)
    return value
