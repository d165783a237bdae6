"""Entries of vision models."""

from __future__ import annotations

from typing import Any

from tiny_models.families.family import Family
from tiny_models.families.recipes import adding, in_front


def _masked_patches(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    import torch

    config = model.config
    frames = config.num_frames // config.tubelet_size
    count = frames * (config.image_size // config.patch_size) ** 2
    mask = torch.zeros(1, count, dtype=torch.bool)
    mask[:, : count // 2] = True
    return {**inputs, "bool_masked_pos": mask}


def _session(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """A video of two frames with a point on an object in the first."""
    import sys

    import torch

    from tiny_models.inputs.values import floats
    from tiny_models.inputs.vision import size, vision_part

    module = vars(sys.modules[type(model).__module__])
    made = next(value for name, value in module.items() if name.endswith("InferenceSession"))
    side = size(vision_part(model.config))
    video = floats("video", 2, 3, side, side)
    session = made(video=video, video_height=side, video_width=side, dtype=torch.float32)
    point = {"point_coords": torch.ones(1, 1, 1, 2), "point_labels": torch.ones(1, 1, 1).int()}
    session.add_point_inputs(session.obj_id_to_idx(1), 0, point)
    session.obj_with_new_inputs = [1]
    return {"inference_session": session, "frame_idx": 0}


FAMILIES: tuple[Family, ...] = (
    Family(
        ("beit", "data2vec-vision"),
        "segmentation takes features of four layers",
        {"num_hidden_layers": 4, "out_indices": [1, 2, 3, 4]},
        architectures=("BeitForSemanticSegmentation", "Data2VecVisionForSemanticSegmentation"),
    ),
    Family(
        ("cvt",),
        "depths are a list of one item a stage, and drop rates are read at its number",
        {"depth": [1, 2, 3]},
    ),
    Family(
        ("efficientnet", "align_vision_model"),
        "widths come from a multiplier, and the top is 1280 wide before it",
        {"width_coefficient": 0.05, "depth_coefficient": 0.1, "hidden_dim": 64},
    ),
    Family(
        ("mobilenet_v1", "mobilenet_v2"),
        "widths come from a multiplier",
        {"depth_multiplier": 0.25},
    ),
    Family(("mobilevitv2",), "widths come from a multiplier", {"width_multiplier": 0.25}),
    Family(
        ("swin", "swinv2", "maskformer-swin", "donut-swin", "focalnet"),
        "widths double from stage to stage",
        {"embed_dim": 16},
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
    Family(
        ("pp_lcnet", "pp_lcnet_v3"),
        "widths come from a scale",
        {"scale": 0.125},
    ),
    Family(
        ("pp_lcnet_v4",),
        "the stem hands on the width that the first block is spelt out for",
        {
            "stem_channels": [3, 8, 16],
            "block_configs": [
                [[3, 16, 16, 1, True]],
                [[3, 16, 16, 1, False]],
                [[3, 16, 32, [2, 1], False]],
                [[3, 32, 32, [2, 1], False]],
            ],
        },
    ),
    Family(
        ("pp_ocrv5_mobile_rec",),
        "of a line of 48 pixels the backbone for text leaves three rows, which are pooled",
        {"backbone_config": {"stem_stride": 1}},
        recipe=adding(pixel_values=(1, 3, 48, 320)),
    ),
    Family(("mgp-str",), "its pictures are wide", {"image_size": [32, 128]}),
    Family(
        ("pvt", "pvt_v2"),
        "patches are embedded with the strides of their stage",
        {"image_size": 64, "num_attention_heads": [1, 1, 1, 1]},
    ),
    Family(
        ("hiera",),
        "the decoder for masked pictures has sizes of its own",
        {
            "decoder_hidden_size": 32,
            "decoder_depth": 1,
            "decoder_num_heads": 4,
            "embed_dim": 16,
        },
        architectures=("HieraForPreTraining",),
    ),
    Family(
        ("uvdoc_backbone",),
        "widths and layers are spelt out stage by stage",
        {
            "resnet_head": ((3, 32), (32, 32)),
            "resnet_configs": (
                ((32, 32, 1, False),),
                ((32, 32, 1, True),),
                ((32, 32, 1, True),),
            ),
            "stage_configs": (
                ((32, 1),),
                ((32, 2),),
                ((32, 5),),
                ((32, 8),),
                ((32, 12),),
                ((32, 18),),
            ),
        },
    ),
    Family(
        ("uvdoc",),
        "bridges read all stages and have their width",
        {
            "bridge_connector": [32, 32],
            "out_point_positions2D": [[32, 32], [32, 2]],
            "backbone_config": {"out_indices": [1, 2, 3, 4, 5, 6]},
        },
    ),
    Family(
        ("sam2_hiera_det_model",),
        "stages pool where they widen, and their windows halve with the small picture",
        {
            "hidden_size": 8,
            "embed_dim_per_stage": [8, 16, 32, 64],
            "global_attention_blocks": [],
            "image_size": [64, 64],
            "window_size_per_stage": [8, 4, 2, 1],
        },
    ),
    Family(
        ("sam2_vision_model",),
        "reads the widths of the stages, the last first",
        {
            "backbone_channel_list": [64, 32, 16, 8],
            "backbone_feature_sizes": [[16, 16], [8, 8], [4, 4]],
        },
    ),
    Family(
        ("sam3_tracker", "sam3_tracker_video"),
        "takes the sizes of its features",
        {"vision_config": {"backbone_feature_sizes": [[16, 16], [8, 8], [4, 4]]}},
    ),
    Family(
        ("sam2_video", "sam3_tracker_video", "edgetam_video"),
        "follows objects through a session",
        recipe=_session,
    ),
    Family(("sam3_tracker_video",), "its patches must fill the picture", {"image_size": 56}),
    Family(
        ("edgetam_video",),
        "each latent sees a window of the small map",
        {"perceiver_resampler_num_latents_2d": 1},
    ),
    Family(
        ("sapiens2",),
        "grouped heads in every layer",
        {
            "num_key_value_attention_heads": 4,
            "num_key_value_heads_per_layer": [4, 4],
            "head_config": {
                "upsample_out_channels": [8],
                "upsample_kernel_sizes": [4],
                "conv_out_channels": [8],
                "conv_kernel_sizes": [1],
            },
        },
    ),
    Family(
        ("tvp",),
        "the prompt frames every picture",
        {"visual_prompt_size": 4, "max_img_size": 64, "num_frames": 2},
    ),
    Family(
        ("seggpt",),
        "segments by the example of another picture",
        {"image_size": [128, 64], "pretrain_image_size": 64},
        recipe=adding(
            pixel_values=(1, 3, 64, 64),
            prompt_pixel_values=(1, 3, 64, 64),
            prompt_masks=(1, 3, 64, 64),
        ),
    ),
    Family(
        ("perceiver",),
        "latent widths have names of their own",
        {
            "d_latents": 32,
            "num_latents": 8,
            "num_self_attends_per_block": 1,
            "num_self_attention_heads": 1,
            "num_cross_attention_heads": 1,
            "image_size": 16,
            "train_size": [16, 16],
        },
    ),
)
