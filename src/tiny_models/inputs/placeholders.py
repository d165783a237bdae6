"""Placeholder tokens: as many as the model makes features of a picture, video or sound."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from tiny_models.inputs.values import lookup

# (method that makes the features, config fields with the placeholder's id, inputs that say that
# the modality is there)
_MODALITIES = (
    ("get_image_features", ("image_token_id", "image_token_index", "image_token"),
     ("pixel_values", "flattened_patches", "image_pixel_values", "pixel_values_images")),
    ("get_video_features", ("video_token_id", "video_token_index"), ("pixel_values_videos",)),
    ("get_audio_features", ("audio_token_id", "audio_token_index"),
     ("input_features", "input_values", "audio_input_ids")),
)  # fmt: skip


def fill_placeholders(model: Any, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs with placeholders in front of the text, one per feature vector.

    The count comes from the model's own ``get_*_features``, so it is right whatever pooling or
    merging a model does. Models without such a method or without placeholders stay as they are.
    """
    import torch

    result = dict(inputs)
    ids = result.get("input_ids")
    if ids is None or ids.dim() != 2:
        return result
    front: list[int] = []
    kinds: list[int] = []
    for kind, (method, fields, sources) in enumerate(_MODALITIES, start=1):
        makers = _makers(model, method)
        token = lookup(model.config, *fields)
        if not makers or not isinstance(token, int) or not any(s in result for s in sources):
            continue
        if bool((ids == token).any()):
            continue
        count = _features(makers, result)
        front += [token] * count
        kinds += [kind] * count
    if not front:
        return result
    placeholders = torch.tensor([front], dtype=ids.dtype)
    result["input_ids"] = torch.cat([placeholders, ids], dim=1)
    if "attention_mask" in result:
        result["attention_mask"] = torch.ones_like(result["input_ids"])
    names = inspect.signature(model.forward).parameters
    if "mm_token_type_ids" in names:
        result["mm_token_type_ids"] = torch.tensor([kinds + [0] * ids.shape[1]])
    if "token_type_ids" in names:
        result["token_type_ids"] = torch.tensor([[min(k, 1) for k in kinds] + [0] * ids.shape[1]])
    return result


def _makers(model: Any, method: str) -> list[Any]:
    """The methods of that name, of the model itself and of its parts, outermost first."""
    methods = (getattr(module, method, None) for module in model.modules())
    return [candidate for candidate in methods if candidate is not None]


def _features(makers: list[Any], inputs: Mapping[str, Any]) -> int:
    import torch

    # An outer method may take anything and hand it on, so the names come from all of them.
    accepted = {name for maker in makers for name in inspect.signature(maker).parameters}
    own = inspect.signature(makers[0]).parameters
    if any(parameter.kind is parameter.VAR_POSITIONAL for parameter in own.values()):
        makers = makers[1:]
        own = inspect.signature(makers[0]).parameters
    if not any(parameter.kind is parameter.VAR_KEYWORD for parameter in own.values()):
        accepted = set(own)
    given = {
        name: value
        for name, value in inputs.items()
        if name in accepted and name != "attention_mask"
    }
    with torch.no_grad():
        return _count(makers[0](**given))


def _count(features: Any) -> int:
    import torch

    if isinstance(features, torch.Tensor):
        return int(features.numel() // features.shape[-1])
    pooled = getattr(features, "pooler_output", None)
    if pooled is None:
        pooled = getattr(features, "last_hidden_state", None)
    if pooled is not None:
        return _count(pooled)
    by_layer = getattr(features, "deepstack_features", None)
    if by_layer:
        # Each layer adds features of its own to the same tokens.
        return _count(by_layer[0][1])
    return sum(_count(feature) for feature in features)
