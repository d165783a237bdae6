"""Values of processors' fields that follow from the model's config."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

# Names of sub-configs.
VISION_PARTS = re.compile(r".*(vision|visual|image|backbone|pixel|vlm).*|model_args")
AUDIO_PARTS = re.compile(r".*(audio|speech|sound|encoder).*")
# Parts of which a value is taken where no other has it.
_PART = re.compile(r"(perceiver|backbone|encoder).*")
# An image's edge in pixels, where the config leaves it open.
_FREE_EDGE = 64
# The seconds of a chunk that the largest models read.
_LONGEST_CHUNK = 30
# A video's frames, where the config leaves them open.
_FEW_FRAMES = 4
# Edges are at most this long; what is larger in a default counts pixels of an area.
_LONGEST_EDGE = 4000
# The least soft tokens of an image that the classes with a choice of them take.
_SOFT_TOKENS = 70
# Tiles beside a thumbnail.
_MOST_TILES = 4
# A discrete VAE makes a code of so many pixels each way.
_CODE_EDGE = 8
# Image tokens along an edge, at least and at most, where a processor bounds the area.
_FEWEST_TOKENS, _MOST_TOKENS = 2, 4

# Vision models that put a token of their own before those of the image.
_WITH_CLASS_TOKEN = ("clip_vision_model", "metaclip_2_vision_model")

_TOKENS_OF_IMAGE = (
    "image_seq_length",
    "mm_tokens_per_image",
    "vision_soft_tokens_per_image",
    "resampler_n_latents",
)

_SAME_FIELDS = ("patch_size", "temporal_patch_size", "num_frames", "pooling_kernel_size")
_OTHER_NAMES = {
    "merge_size": ("spatial_merge_size", "merge_size"),
    "max_num_patches": ("num_patches",),
    "num_query_tokens": ("num_query_tokens",),
    "downsample_factor": ("downsample_factor",),
    "downsample_ratio": ("downsample_ratio",),
    "spatial_merge_size": ("spatial_merge_size",),
    "vision_feature_select_strategy": ("vision_feature_select_strategy",),
    "img_size": ("image_size",),
    "image_size": ("image_size",),
    "pooling_ratio": ("projector_pooling_ratio",),
    "pixel_shuffle_ratio": ("pixel_shuffle_ratio",),
    "downsample_rate": ("downsample_rate",),
}
_SAME_AUDIO_FIELDS = ("model_in_channels",)
_ONLY_OF_SOUND = (
    "num_mel_bins",
    "n_mels",
    "num_mels",
    "mel_bins",
    "feature_size",
    "feature_projection_input_dim",
)
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
    known = flat_values(config, VISION_PARTS)
    values: dict[str, Any] = {}
    for name in _SAME_FIELDS:
        if fields.get(name) is not None and _whole(known.get(name)):
            values[name] = _like(fields[name], _whole(known[name]))
    edges = _picture_edges(known, config)
    values.update(_patch_values(fields, known, edges))
    merge = next((known[name] for name in _OTHER_NAMES["merge_size"] if _whole(known.get(name))), 0)
    if fields.get("merge_size") is not None and merge:
        values["merge_size"] = merge
    if isinstance(fields.get("num_frames"), int) and "num_frames" not in values:
        values["num_frames"] = min(fields["num_frames"], _FEW_FRAMES)
    values.update(_crop_values(fields, known, edges))
    # Those with a least number, too, count the crops of an image by such fields.
    counts_patches = isinstance(fields.get("max_patches"), int) and fields.get("patch_size")
    if counts_patches and "min_patches" not in fields:
        values["max_patches"] = (
            _MOST_TOKENS * max(1, merge or _whole(fields.get("merge_size")))
        ) ** 2
    unit = _unit({**fields, **values})
    values.update(_size_values(fields, known, edges, unit, merge or 1))
    finer = flat_values(config.get("high_res_vision_config") or {}, VISION_PARTS).get("image_size")
    if isinstance(fields.get("high_res_size"), Mapping) and _edges(finer):
        values["high_res_size"] = _size(fields["high_res_size"], _edges(finer), 1)
    return {**values, **_code_values(fields, known, edges)}


def _size_values(
    fields: Mapping[str, Any],
    known: Mapping[str, Any],
    edges: tuple[int, int] | None,
    unit: int,
    merge: int,
) -> dict[str, Any]:
    """The sizes of pictures, of one kind or another; ``unit`` is the edge of a token."""
    values: dict[str, Any] = {}
    for name in ("size", "crop_size", "max_image_size", "pad_size"):
        given = fields.get(name)
        if isinstance(given, Mapping) and _is_token(given) and not edges and "patch_size" in known:
            values[name] = dict.fromkeys(given, _whole(known["patch_size"]) * merge)
        elif isinstance(given, Mapping):
            values[name] = _size(given, edges, unit)
    if fields.get("format") == "coco_detection" and edges:
        # Detectors with positions or windows for one size were published with both edges given.
        values["size"] = {"height": edges[0], "width": edges[1]}
    for name, tokens in (("min_pixels", _FEWEST_TOKENS), ("max_pixels", _MOST_TOKENS)):
        if isinstance(fields.get(name), int):
            values[name] = (tokens * unit) ** 2
    return values


def _crop_values(
    fields: Mapping[str, Any], known: Mapping[str, Any], edges: tuple[int, int] | None
) -> dict[str, Any]:
    """Into what a picture is cut, and how many tokens it may become."""
    values: dict[str, Any] = {}
    if isinstance(fields.get("image_grid_pinpoints"), list) and known.get("image_grid_pinpoints"):
        values["image_grid_pinpoints"] = known["image_grid_pinpoints"]
    if isinstance(fields.get("tile_size"), int) and edges:
        values["tile_size"] = edges[0]
    for name, most in (("max_num_tiles", _MOST_TILES), ("max_soft_tokens", _SOFT_TOKENS)):
        if isinstance(fields.get(name), int):
            values[name] = min(fields[name], most)
    return values


def _picture_edges(known: Mapping[str, Any], config: Mapping[str, Any]) -> tuple[int, int] | None:
    """The edges of the picture that a model reads, in pixels, if its config determines them."""
    ratios, patch = config.get("scaled_images_ratios"), _whole(config.get("patch_size"))
    if ratios and patch:
        # Patches of the smallest of several scales are the pictures of a tower.
        edge = round(patch / min(ratios))
        return edge, edge
    positions = _whole(known.get("n_positions"))
    if positions and not known.get("image_size"):
        # Each pixel has a position of its own.
        return math.isqrt(positions), math.isqrt(positions)
    return _edges(known.get("image_size") or known.get("img_size"))


def _patch_values(
    fields: Mapping[str, Any], known: Mapping[str, Any], edges: tuple[int, int] | None
) -> dict[str, Any]:
    """Sizes of patches that a config spells otherwise than a processor."""
    values: dict[str, Any] = {}
    patch = _whole(known.get("patch_size"))
    width = _whole(known.get("patch_embed_hidden_size"))
    edge = math.isqrt(width // (_whole(known.get("num_channels")) or 3))
    if edge and fields.get("patch_size") is not None:
        values["patch_size"] = _like(fields["patch_size"], edge)
    if patch and edges and isinstance(fields.get("vision_patch_size"), int):
        # What the processor calls a patch is a crop of the picture here.
        values |= {"vision_patch_size": patch, "patch_size": edges[0]}
    merges = _whole(known.get("spatial_merge_size"))
    in_time = known.keys() & {"temporal_patch_size", "temporal_merge_size"}
    if fields.get("temporal_patch_size") and merges and not in_time:
        # A model that merges patches and says nothing of time reads one frame in each.
        values["temporal_patch_size"] = 1
    count = edges[0] // patch if edges and patch else 0
    if count and isinstance(fields.get("overlap_margins"), (list, tuple)):
        # In patches; a crop without its margins has to be more than nothing.
        values["overlap_margins"] = [
            min(margin, count // 4) for margin in fields["overlap_margins"]
        ]
    return values


def _code_values(
    fields: Mapping[str, Any], known: Mapping[str, Any], edges: tuple[int, int] | None
) -> dict[str, Any]:
    """Fields of processors that make codes of a picture, or say which of them are masked."""
    values: dict[str, Any] = {}
    if "clusters" in fields and _whole(known.get("vocab_size")) > 1:
        # Shades of grey between -1 and 1; the last id begins a sequence.
        last = known["vocab_size"] - 2
        values["clusters"] = [[2 * shade / max(1, last) - 1] * 3 for shade in range(last + 1)]
    patch = _whole(known.get("patch_size"))
    if "input_size_patches" in fields and edges and patch:
        count = edges[0] // patch
        values |= {
            "input_size_patches": count,
            "total_mask_patches": count**2 // 2,
            "mask_group_min_patches": 1,
            "codebook_size": _like(fields["codebook_size"], _CODE_EDGE * count),
            "codebook_crop_size": _like(fields["codebook_crop_size"], _CODE_EDGE * count),
        }
    return values


def _is_token(size: Mapping[str, Any]) -> bool:
    """Whether a size is that of one token: less than any picture's."""
    return 0 < _whole(size.get("height")) == _whole(size.get("width")) < _FREE_EDGE


def _unit(fields: Mapping[str, Any]) -> int:
    """The edge of what becomes one token, in pixels."""
    patch = _whole(fields.get("patch_size"))
    return patch * (_whole(fields.get("merge_size")) or 1) if patch else 1


def audio_values(fields: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, Any]:
    """Values for those fields of a feature extractor that the config determines."""
    known = flat_values(config, AUDIO_PARTS)
    # What only sound has may stand in any part, such as the decoder that hears a voice.
    known.update(
        (name, value)
        for name, value in _values_anywhere(config).items()
        if name in _ONLY_OF_SOUND and name not in known
    )
    values: dict[str, Any] = {
        name: known[name]
        for name in _SAME_AUDIO_FIELDS
        if _whole(fields.get(name)) and _whole(known.get(name))
    }
    bins = next((known[name] for name in _MEL_NAMES if _whole(known.get(name))), None)
    if bins is not None:
        if isinstance(fields.get("num_mel_bins"), int):
            values["num_mel_bins"] = bins
        if isinstance(fields.get("n_mels"), int):
            values["n_mels"] = bins
        # One feature is the waveform itself.
        if isinstance(fields.get("feature_size"), int) and fields["feature_size"] > 1:
            values["feature_size"] = bins
    joined = _whole(known.get("feature_projection_input_dim"))
    if joined and _whole(fields.get("stride")):
        # So many frames side by side are one input of the model.
        values["feature_size"] = values["num_mel_bins"] = joined // fields["stride"]
    ratios = known.get("downsampling_ratios")
    if _whole(fields.get("pad_to_multiple_of")) and isinstance(ratios, (list, tuple)):
        # So many samples become one feature, and the processor counts them.
        values["pad_to_multiple_of"] = math.prod(ratios)
    rate = known.get("sampling_rate") or known.get("sample_rate")
    if _whole(rate) and fields.get("feature_size") == 1:
        values["sampling_rate"] = rate
    if isinstance(fields.get("max_length"), int) and _whole(known.get("max_length")):
        values["max_length"] = known["max_length"]
    frames = _whole(known.get("max_source_positions"))
    if frames and "nb_max_frames" in fields:
        # The encoder halves the frames; a chunk has as many as it has positions.
        values.update(_chunk(2 * frames, fields["sampling_rate"], fields["hop_length"]))
    return values


def _chunk(frames: int, rate: int, hop: int) -> dict[str, int]:
    """A chunk of whole seconds that has so many frames, with the usual hop where that is possible.

    Where no hop of whole samples gives the number, the shortest chunk that has not fewer.
    """
    for seconds in range(1, _LONGEST_CHUNK + 1):
        if seconds * rate // hop == frames:
            return {"chunk_length": seconds}
    hops = [(seconds, max(1, seconds * rate // frames)) for seconds in range(1, _LONGEST_CHUNK + 1)]
    fitting = [(seconds, hop) for seconds, hop in hops if seconds * rate // hop == frames]
    seconds, hop = fitting[0] if fitting else hops[0]
    return {"chunk_length": seconds, "hop_length": hop}


def processor_values(parameters: Collection[str], config: Mapping[str, Any]) -> dict[str, Any]:
    """Values for those parameters of a processor class that the config determines."""
    known = flat_values(config, VISION_PARTS)
    values = {}
    for name in parameters:
        for other in _OTHER_NAMES.get(name, (name,) if name == "patch_size" else ()):
            counterpart = known.get(other)
            if counterpart is not None and not isinstance(counterpart, Mapping):
                values[name] = counterpart
                break
    if "num_image_tokens" in parameters and image_tokens(config):
        values["num_image_tokens"] = image_tokens(config)
    for name in ("image_seq_length", "image_seq_len"):
        if name in parameters and _merged_tokens(known, config):
            values[name] = _merged_tokens(known, config)
    if "num_additional_image_tokens" in parameters and known.get("model_type"):
        with_class = known["model_type"] in _WITH_CLASS_TOKEN
        values["num_additional_image_tokens"] = int(with_class)
        if with_class and "vision_feature_select_strategy" in parameters:
            values.setdefault("vision_feature_select_strategy", "default")
    return values


def image_tokens(config: Mapping[str, Any]) -> int | None:
    """How many tokens the vision part makes of an image, if its config says."""
    known = flat_values(config, VISION_PARTS)
    edges, unit = _edges(known.get("image_size")), _whole(known.get("patch_size"))
    strides = known.get("patch_stride")
    if isinstance(strides, (list, tuple)):
        unit = math.prod(strides)
        # Convolutions leave the size open; the processor has one.
        edges = edges or (_FREE_EDGE, _FREE_EDGE)
    return (edges[0] // unit) * (edges[1] // unit) if edges and unit else None


def _merged_tokens(known: Mapping[str, Any], config: Mapping[str, Any]) -> int:
    """As how many tokens the text part sees an image, or zero."""
    tokens = image_tokens(config) or 0
    for name in ("scale_factor", "pixel_shuffle_factor"):
        if _whole(known.get(name)):
            return tokens // _whole(known[name]) ** 2
    if _whole(known.get("hidden_stride")):
        return tokens // _whole(known["hidden_stride"]) ** 2
    codes = config.get("vq_config")
    if isinstance(codes, Mapping) and codes.get("channel_multiplier"):
        # Each stage of the coder but the last halves the picture.
        edge = (_edges(known.get("image_size")) or (_FREE_EDGE,))[0]
        return int((edge >> (len(codes["channel_multiplier"]) - 1)) ** 2)
    ratio = known.get("downsample_ratio")
    if isinstance(ratio, float) and 0 < ratio < 1:
        return int(tokens * ratio**2)
    return next((_whole(known[name]) for name in _TOKENS_OF_IMAGE if name in known), 0)


def flat_values(config: Mapping[str, Any], preferred: re.Pattern[str]) -> dict[str, Any]:
    """A config's values by name; those of sub-configs whose names match come first."""
    values: dict[str, Any] = {}
    for level in _levels(config, preferred):
        for name, value in level.items():
            if value is not None and not isinstance(value, Mapping):
                values.setdefault(name, value)
    return values


def _values_anywhere(config: Mapping[str, Any]) -> dict[str, Any]:
    """A config's values by name, from any of its parts; those of outer parts come first."""
    values = {name: value for name, value in config.items() if value is not None}
    for part in config.values():
        if isinstance(part, Mapping):
            values = {**_values_anywhere(part), **values}
    return values


def _levels(config: Mapping[str, Any], preferred: re.Pattern[str]) -> Iterator[Mapping[str, Any]]:
    subs = [(name, value) for name, value in config.items() if isinstance(value, Mapping)]
    chosen = [value for name, value in subs if preferred.fullmatch(name) or "thinker" in name]
    for value in chosen:
        yield from _levels(value, preferred)
    yield config
    for name, value in subs:
        if _PART.fullmatch(name) and value not in chosen:
            yield from _levels(value, preferred)


def _size(given: Mapping[str, Any], edges: tuple[int, int] | None, unit: int) -> dict[str, int]:
    """A size of the same kind as the given one."""
    if any(isinstance(value, int) and value > _LONGEST_EDGE for value in given.values()):
        smallest = ("shortest_edge", "min_pixels")
        return {
            name: ((_FEWEST_TOKENS if name in smallest else _MOST_TOKENS) * unit) ** 2
            for name in given
        }
    lines = 0 < given.get("height", 0) < _FREE_EDGE < given.get("width", 0)
    if not edges and lines:
        # Lines of text are as high as the model's strides make one row of.
        return dict(given)
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
