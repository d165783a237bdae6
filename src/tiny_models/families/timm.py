"""Entries of models that timm makes: it knows sizes by the name of an architecture."""

from __future__ import annotations

from tiny_models.families.family import Family
from tiny_models.families.recipes import in_front

# A vision transformer of patches, and networks of four stages and of five.
_TRANSFORMER = {"depth": 2, "embed_dim": 32, "num_heads": 2, "img_size": 64, "patch_size": 16}
_FOUR_STAGES = {"embed_dim": [8, 16, 24, 32], "depth": [1, 1, 1, 1]}
_FIVE_STAGES = {"embed_dims": [8, 16, 32, 32, 32], "layers": [1, 1, 1, 1, 1]}


FAMILIES: tuple[Family, ...] = (
    Family(
        ("timm_wrapper",),
        "the default is a ResNet of 50 layers; timm has one for tests",
        {"architecture": "test_resnet"},
    ),
    Family(
        ("timm_backbone",),
        "has no architecture by default; timm has one for tests",
        {"backbone": "test_resnet"},
    ),
    Family(
        ("fast_vlm",),
        "its projector reads the width from a field that the part's class does not declare",
        {
            "vision_config": {
                "architecture": "fastvit_mci3",
                "hidden_size": 64,
                "model_args": {"inference_mode": True, **_FIVE_STAGES},
            }
        },
    ),
    Family(
        ("edgetam_vision_model",),
        "lists the channels of the backbone's stages, the last first",
        {
            "backbone_config": {
                "architecture": "repvit_m1",
                "model_args": {
                    "in_chans": 3,
                    "features_only": True,
                    "out_indices": [0, 1, 2, 3],
                    **_FOUR_STAGES,
                },
            },
            "backbone_channel_list": [32, 24, 16, 8],
            "backbone_feature_sizes": [[16, 16], [8, 8], [4, 4]],
        },
    ),
    Family(
        ("omdet-turbo",),
        "reads a backbone whose features have the channels last; timm has one for tests",
        {
            "backbone_config": {
                "model_type": "timm_backbone",
                "backbone": "test_mambaout",
                "out_indices": [1, 2, 3],
            },
            "encoder_in_channels": [32, 48, 64],
            # The decoder looks for a projection that it has only between two widths.
            "class_embed_dim": 64,
            "text_config": {"hidden_size": 64},
            "text_projection_in_dim": 64,
            "text_projection_out_dim": 64,
        },
    ),
    Family(
        ("pe_video_encoder",),
        "the part's architecture is large; its width and depth are arguments of timm",
        {
            "vision_config": {
                "architecture": "vit_pe_core_large_patch14_336",
                "num_classes": 32,
                "global_pool": "map",
                "model_args": _TRANSFORMER,
            }
        },
    ),
    Family(
        ("perception_lm",),
        "its processor and model expect a vision transformer with a class token",
        {
            "vision_config": {
                "architecture": "vit_pe_core_large_patch14_336",
                "do_pooling": True,
                "model_args": {
                    **_TRANSFORMER,
                    "global_pool": "",
                    "use_post_transformer_norm": False,
                },
            }
        },
        recipe=in_front("pixel_values", 1),
    ),
)
