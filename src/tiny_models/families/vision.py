"""Entries of vision models."""

from __future__ import annotations

from typing import Any

from tiny_models.families.entry import Family
from tiny_models.families.recipes import in_front

_NECK = {"neck_hidden_sizes": [16, 16, 16, 16], "fusion_hidden_size": 16}


def _masked_patches(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    import torch

    config = model.config
    frames = config.num_frames // config.tubelet_size
    count = frames * (config.image_size // config.patch_size) ** 2
    mask = torch.zeros(1, count, dtype=torch.bool)
    mask[:, : count // 2] = True
    return {**inputs, "bool_masked_pos": mask}


FAMILIES: tuple[Family, ...] = (
    Family(
        ("beit", "data2vec-vision"),
        "segmentation takes features of four layers",
        {"num_hidden_layers": 4, "out_indices": [1, 2, 3, 4]},
        architectures=("BeitForSemanticSegmentation", "Data2VecVisionForSemanticSegmentation"),
    ),
    Family(
        ("cvt",),
        "`depth` is a list here, one item a stage",
        {"depth": [1, 1, 1]},
    ),
    Family(
        ("efficientnet",),
        "widths come from a multiplier; the top must have four times the last stage's",
        {
            "width_coefficient": 1.0,
            "depth_coefficient": 1.0,
            "in_channels": [32, 16, 16],
            "out_channels": [16, 16, 16],
            "kernel_sizes": [3, 3, 5],
            "strides": [1, 2, 2],
            "num_block_repeats": [1, 1, 1],
            "expand_ratios": [1, 2, 2],
            "depthwise_padding": [],
            "hidden_dim": 64,
        },
    ),
    Family(
        ("mobilenet_v1", "mobilenet_v2"),
        "widths come from a multiplier",
        {"depth_multiplier": 0.25},
    ),
    Family(("mobilevitv2",), "widths come from a multiplier", {"width_multiplier": 0.25}),
    Family(
        ("focalnet", "swinv2", "swin"),
        "the decoder for masked pictures grows with the square of the stride",
        {"encoder_stride": 8, "depths": [1, 1], "num_heads": [4, 4], "hidden_sizes": None},
        architectures=("SwinForMaskedImageModeling", "Swinv2ForMaskedImageModeling"),
    ),
    Family(
        ("timesformer", "xclip"),
        "takes videos as pictures with a dimension of frames",
        recipe=in_front("pixel_values", 8),
    ),
    Family(
        ("efficientloftr", "lightglue", "superglue"),
        "compares two pictures",
        recipe=in_front("pixel_values", 2),
    ),
    Family(
        ("videomae",),
        "the decoder rebuilds masked patches",
        recipe=_masked_patches,
        architectures=("VideoMAEForPreTraining",),
    ),
)
