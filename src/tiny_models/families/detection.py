"""Entries of models that find objects, points and depth."""

from __future__ import annotations

from tiny_models.families.family import Family
from tiny_models.families.recipes import adding

_RESNET = {"model_type": "resnet", "out_indices": [4]}
_RESNET_LEVELS = {"model_type": "resnet", "out_indices": [2, 3, 4]}

FAMILIES: tuple[Family, ...] = (
    Family(
        ("detr", "conditional_detr", "dab-detr", "table-transformer"),
        "the default backbone needs a package; a ResNet of the library does not",
        {"backbone_config": _RESNET, "num_queries": 8},
    ),
    Family(
        ("detr",),
        "maps join the width and the heads, in groups of eight",
        {
            "encoder_attention_heads": 8,
            "decoder_attention_heads": 8,
            "backbone_config": {"model_type": "resnet", "out_indices": [1, 2, 3, 4]},
        },
        architectures=("DetrForSegmentation",),
    ),
    Family(
        ("lw_detr",),
        "features of one scale are handed on",
        {"projector_scale_factors": [1.0]},
    ),
    Family(
        ("pp_doclayout_v2",),
        "thresholds of classes and their order have no default",
        {"class_thresholds": [0.5, 0.5], "class_order": [0, 1]},
    ),
    Family(
        ("deformable_detr",),
        "the default backbone needs a package; a ResNet of the library does not",
        {"backbone_config": _RESNET_LEVELS, "d_model": 64, "num_queries": 8},
    ),
    Family(
        ("grounding-dino", "mm-grounding-dino"),
        "norms over groups of one channel and one pixel would see a single value",
        {"d_model": 64, "num_queries": 8},
    ),
    Family(
        ("rf_detr", "lw_detr"),
        "more queries than a small picture has places",
        {"num_queries": 4, "group_detr": 2},
    ),
    Family(
        ("dpt",),
        "takes the states of four layers of its own",
        {
            "num_hidden_layers": 4,
            "backbone_out_indices": [0, 1, 2, 3],
            "neck_hidden_sizes": [16, 16, 16, 16],
        },
    ),
    Family(("depth_pro",), "its patches are the pictures of its towers", {"patch_size": 56},
           recipe=adding(pixel_values=(1, 3, 224, 224))),
    Family(("superpoint",), "one class per pixel of a cell and one for none",
           {"keypoint_decoder_dim": 65}),
    Family(("efficientloftr",), "eight heads are rotated for two axes",
           {"num_attention_heads": 8, "num_key_value_heads": 8, "head_dim": 4}),
    Family(("depth_pro",), "reads states of layers by their number",
           {"intermediate_hook_ids": [1, 0]}),
    Family(("chmv2",), "reads the class token of each stage",
           {"backbone_config": {"return_class_token": True, "reshape_hidden_states": True}}),
)  # fmt: skip
