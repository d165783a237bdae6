"""Entries of models that join pictures, videos or sound with text."""

from __future__ import annotations

from typing import Any

from tiny_models.families.entry import Family
from tiny_models.families.recipes import adding, ids_like, in_front, without


def _lxmert(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    from tiny_models.inputs.values import floats

    config = model.config
    return {
        **inputs,
        "visual_feats": floats("visual_feats", 1, 4, config.visual_feat_dim),
        "visual_pos": floats("visual_pos", 1, 4, config.visual_pos_dim),
    }


def _kosmos(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    import torch

    mask = torch.zeros_like(inputs["input_ids"])
    mask[:, 1 : 1 + model.config.latent_query_num] = 1
    return {**inputs, "image_embeds_position_mask": mask}


def _queries(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    from tiny_models.inputs.values import floats

    config = model.config
    return {
        "query_embeds": floats("query_embeds", 1, 4, config.hidden_size),
        "encoder_hidden_states": floats("picture", 1, 8, config.encoder_hidden_size),
    }


def _aspect(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    import torch

    vision = getattr(model.config, "vision_config", model.config)
    pixels = inputs["pixel_values"][:, None, None].repeat(1, 1, vision.max_num_tiles, 1, 1, 1)
    mask = torch.zeros(1, 1, vision.max_num_tiles, dtype=torch.long)
    mask[..., 0] = 1
    result = {
        **inputs,
        "pixel_values": pixels,
        "aspect_ratio_ids": torch.ones(1, 1, dtype=torch.long),
        "aspect_ratio_mask": mask,
    }
    if "input_ids" in inputs:
        length = inputs["input_ids"].shape[1]
        result["cross_attention_mask"] = torch.ones(
            1, length, 1, vision.max_num_tiles, dtype=torch.long
        )
    return result


def _merge_sizes(*names: str) -> Any:
    def recipe(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
        import torch

        return {**inputs, **{name: torch.tensor([2]) for name in names}}

    return recipe


# Codes are spelt as letters for digits (Chameleon) and as numbers (Emu3).
_PICTURE_WORDS = {
    "<image>": 250,
    "<|extra_200|>": 251,
    **{f"IMGIMG{''.join(chr(65 + int(each)) for each in str(n))}Z": 100 + n for n in range(64)},
    **{f"<|visual token {n:06d}|>": 30 + n for n in range(64)},
}


def _patch_rows(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    from tiny_models.inputs.values import floats

    config = model.config
    name = "image_patches" if "image_patches" in inputs else "pixel_values"
    width = 3 * getattr(config, "patch_size", 30) ** 2
    return {
        **inputs,
        name: floats("patches", 1, 4, width),
        "pixel_values": floats("patches", 1, 4, width),
    }


def _flattened(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    import torch

    from tiny_models.inputs.values import floats

    vision = model.config.vision_config
    patches = floats("patches", 1, 8, vision.patch_embed_hidden_size)
    places = torch.ones(1, 8, 2)
    return {
        "flattened_patches": torch.cat([places, patches], dim=-1),
        "attention_mask": torch.ones(1, 8),
        "decoder_input_ids": inputs["decoder_input_ids"],
    }


def _patch_pictures(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    from tiny_models.inputs.vision import channels, vision_part

    config = vision_part(model.config)
    patch = config.patch_size
    rows = inputs["pixel_values"].flatten(0, -2)
    pictures = rows.reshape(rows.shape[0], channels(config), patch, patch)
    return {**inputs, "pixel_values": pictures}


def _two_frames(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    return {**inputs, "pixel_values": inputs["pixel_values"].repeat(1, 2)}


def _high_resolution(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    from tiny_models.inputs.vision import picture

    config = model.config.high_res_vision_config
    return {**inputs, "high_res_pixel_values": picture(config)}


def _task(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    from tiny_models.inputs.values import token_ids

    length = model.config.task_seq_len
    return {**inputs, "task_inputs": token_ids(model.config, "task", length, 64)}


def _target_sizes(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    import torch

    from tiny_models.inputs.vision import vision_part

    side = inputs["pixel_values"].shape[-1] // vision_part(model.config).patch_size
    return {**inputs, "target_sizes": torch.tensor([[side, side]])}


def _codebook(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    from tiny_models.inputs.values import floats

    return {**inputs, "codebook_pixel_values": floats("codebook", 1, 3, 112, 112)}


def _placed_patches(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    import torch

    from tiny_models.inputs.values import floats

    config = model.config
    side = 2 * config.pooling_kernel_size
    places = torch.cartesian_prod(torch.arange(side), torch.arange(side))[None]
    width = 3 * config.patch_size**2
    return {
        "pixel_values": floats("patches", 1, side * side, width),
        "pixel_position_ids": places,
    }


def _batched_patches(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    return {**inputs, "pixel_values": inputs["pixel_values"][None]}


def _anything(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    from tiny_models.inputs.values import floats

    return {"inputs": floats("anything", 1, 16, model.config.d_model)}


def _act(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    from tiny_models.inputs.values import floats

    config = model.config
    if type(model).__name__ == "PI0Model":
        width = config.dit_config.hidden_size
        return {**inputs, "action_embeds": floats("actions", 1, config.chunk_size, width)}
    return {**inputs, "state": floats("state", 1, config.max_state_dim)}


def _grid_hw(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    import torch

    from tiny_models.inputs.vision import flat_patches, vision_part

    return {
        **inputs,
        "pixel_values": flat_patches(vision_part(model.config)),
        "image_grid_hw": torch.tensor([[4, 4]]),
    }


def _flamingo(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    import torch

    count = inputs["input_features"].shape[-1] // 4
    token = torch.full((1, count), model.config.audio_token_id)
    ids = torch.cat([token, inputs["input_ids"]], dim=1)
    return {**inputs, "input_ids": ids, "attention_mask": torch.ones_like(ids)}


def _patch_list(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    from tiny_models.inputs.values import floats

    return {**inputs, "pixel_values": floats("patches", 4, 3 * model.config.patch_size**2)}


def _cameras(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    import torch

    made = {**inputs, "pixel_attention_mask": torch.ones(1, 1, dtype=torch.bool)}
    if "pixel_values" in made and made["pixel_values"].dim() == 4:
        made["pixel_values"] = made["pixel_values"][:, None]
    return made


def adding_ones(name: str, *shape: int) -> Any:
    """One more input, a mask that hides nothing."""

    def recipe(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
        import torch

        return {**inputs, name: torch.ones(shape, dtype=torch.long)}

    return recipe


FAMILIES: tuple[Family, ...] = (
    Family(
        (
            "idefics",
            "idefics2",
            "idefics3",
            "smolvlm",
            "modernvbert",
            "colmodernvbert",
            "ultravbert",
            "paddleocr_vl",
        ),
        "takes several pictures per sample",
        recipe=in_front("pixel_values"),
    ),
    Family(
        ("llava_next", "llava_next_video", "llava_onevision", "granite4_vision"),
        "crops must be of the small picture's size",
        {"image_grid_pinpoints": [[56, 56]]},
    ),
    Family(
        ("aria",),
        "the projector's queries depend on the number of patches",
        {"projector_patch_to_query_dict": {"16": 4}},
    ),
    Family(("lxmert",), "takes features of regions, not pictures", recipe=_lxmert),
    Family(("kosmos-2",), "a mask tells where the picture's features go", recipe=_kosmos),
    Family(
        ("blip_2_qformer", "instructblip_qformer"), "takes its queries as input", recipe=_queries
    ),
    Family(
        ("instructblip", "instructblipvideo"),
        "its queries read the text too",
        recipe=ids_like("qformer_input_ids"),
    ),
    Family(("mllama", "mllama_vision_model"), "tiles and their arrangement", recipe=_aspect),
    Family(
        ("video_llama_3",),
        "each picture has its merge size",
        recipe=_merge_sizes("image_merge_sizes"),
    ),
    Family(
        ("video_llama_3_vision",),
        "each picture has its merge size",
        recipe=_merge_sizes("merge_sizes"),
    ),
    Family(
        ("t5gemma2",),
        "classifiers count no placeholders in the decoder",
        recipe=without("pixel_values"),
        architectures=("T5Gemma2ForSequenceClassification", "T5Gemma2ForTokenClassification"),
    ),
    Family(
        ("qwen2_5_vl_vision", "qwen2_5_omni_vision_encoder"),
        "windows of whole merged patches",
        {"window_size": 112, "fullatt_block_indexes": [1]},
    ),
    Family(
        ("shieldgemma2",),
        "the answers' ids must be in the small vocabulary",
        {"yes_token_index": 5, "no_token_index": 6},
    ),
    Family(
        ("qwen2_5_omni_thinker", "qwen3_omni_moe_thinker"),
        "tells pictures' beginnings by ids that only the whole model's config has",
        {
            "vision_start_token_id": 200,
            "vision_end_token_id": 201,
            "audio_start_token_id": 202,
            "audio_end_token_id": 203,
        },
    ),
    Family(
        ("qwen3_omni_moe_talker_text",),
        "a width without a default",
        {"shared_expert_intermediate_size": 64},
    ),
    Family(
        ("chameleon", "emu3"),
        "maps picture codes to text tokens",
        {
            "vocabulary_map": _PICTURE_WORDS,
            "vq_config": {"channel_multiplier": [1, 1, 1, 1]},
        },
    ),
    Family(
        ("janus",),
        "widths of the codes' coder multiply",
        {"vq_config": {"channel_multiplier": [1, 1], "num_embeddings": 64}},
    ),
    Family(("fuyu",), "takes patches, not pictures", recipe=_patch_rows),
    Family(("pix2struct",), "takes patches with their places", recipe=_flattened),
    Family(
        ("kimi_k25", "kimi_k25_vision", "paddleocr_vl"),
        "takes patches as small pictures",
        recipe=_patch_pictures,
    ),
    Family(
        ("muse_glimmer", "muse_glimmer_vision", "muse_spark", "muse_spark_vision"),
        "takes patches over two frames",
        recipe=_two_frames,
    ),
    Family(
        ("deepseek_vl_hybrid",), "takes each picture at two resolutions", recipe=_high_resolution
    ),
    Family(("oneformer",), "takes the task as text", recipe=_task),
    Family(
        ("deepseek_vl_hybrid",),
        "the large tower hands on layers by their number",
        {"high_res_vision_config": {"global_attn_indexes": [0, 1]}},
    ),
    Family(
        ("mllama_vision_model",),
        "hands on states of several layers",
        {"intermediate_layers_indices": [0, 1], "vision_output_dim": 96},
    ),
    Family(
        ("muse_glimmer", "muse_spark"),
        "the projector reads merged patches",
        {"out_hidden_size": 128},
    ),
    Family(
        ("qwen3_omni_moe_talker",),
        "is told how patches are merged",
        {"spatial_merge_size": 2, "shared_expert_intermediate_size": 64},
    ),
    Family(
        ("idefics",),
        "text may look at each picture",
        recipe=adding_ones("image_attention_mask", 1, 16, 1),
    ),
    Family(("align",), "texts and pictures meet in one width", {"projection_dim": 8}),
    Family(("gemma4_vision",), "takes patches with their places", recipe=_placed_patches),
    Family(("colqwen2",), "takes the patches of each sample apart", recipe=_batched_patches),
    Family(
        ("perceiver",),
        "takes what a preprocessor makes of anything",
        recipe=_anything,
        architectures=("PerceiverModel",),
    ),
    Family(("pi0",), "acts from a state", recipe=_act),
    Family(
        ("granite4_vision",),
        "reads layers of the picture's tower",
        {"qformer_config": {"num_attention_heads": 4}},
    ),
    Family(("glm_image_vqmodel",), "has codes of its own", {"num_embeddings": 64}),
    Family(
        ("llama4_vision_model",),
        "the projector reads shuffled patches",
        {
            "intermediate_size": 128,
            "projector_input_dim": 32,
            "projector_output_dim": 32,
            "vision_output_dim": 32,
        },
    ),
    Family(
        ("molmo2_adapter",),
        "reads two layers of the picture's tower",
        {"vision_feature_layer": [1, 0]},
    ),
    Family(
        ("molmo2",),
        "reads two layers of the picture's tower",
        {"adapter_config": {"vision_feature_layer": [1, 0]}},
    ),
    Family(
        ("vipllava",),
        "reads several layers of the picture's tower",
        {"vision_feature_layer": [-2, -1]},
    ),
    Family(
        ("blip_vqa", "blip"),
        "answers after a beginning",
        recipe=ids_like("decoder_input_ids"),
        architectures=("BlipForQuestionAnswering",),
    ),
    Family(
        ("blip-2",),
        "the text reads through the same layers",
        {"qformer_config": {"use_qformer_text_input": True}},
        architectures=("Blip2ForImageTextRetrieval",),
    ),
    Family(
        ("bridgetower",),
        "as many heads as fit the small width",
        {
            "vision_config": {"hidden_size": 64},
            "text_config": {"hidden_size": 64},
            "hidden_size": 64,
        },
    ),
    Family(
        (
            "minicpm_ocr_vision",
            "minicpmv4_7_vision",
            "minicpm_ocr",
            "minicpmv4_6",
            "minicpmv4_7",
        ),
        "is told the sizes in patches",
        recipe=_target_sizes,
    ),
    Family(
        ("granite4_vision",),
        "reads layers of the picture's tower",
        {"deepstack_layer_map": [[0, 0]], "spatial_target_layers": [1]},
    ),
    Family(
        ("flava",),
        "its codebook reads a picture of its own",
        recipe=_codebook,
        architectures=("FlavaForPreTraining",),
    ),
    Family(
        ("qwen3_omni_moe",),
        "the talker is told how patches are merged",
        {"talker_config": {"spatial_merge_size": 2}},
    ),
    Family(
        ("dots3_note_audio_encoder",),
        "the adapter reads the tower's width",
        {"adapter_input_size": 32},
    ),
    Family(("pi0",), "takes pictures of several cameras", recipe=_cameras),
    Family(
        ("muse_glimmer_assistant",),
        "drafts from noise and another model's states",
        recipe=adding(noise_embeds=(1, 8, 32), context_hidden_states=(1, 8, 64)),
    ),
    Family(("granite_docling",), "takes several tiles per sample", recipe=_cameras),
    Family(("nemotron_h_omni",), "takes flat patches with their arrangement", recipe=_grid_hw),
    Family(("musicflamingo",), "a placeholder per four frames", recipe=_flamingo),
    Family(("neomme",), "takes the patches of all pictures in one list", recipe=_patch_list),
    Family(
        ("granite4_vision",),
        "heads are 64 wide",
        {"vision_config": {"hidden_size": 64}, "downsample_rate": "1/2"},
    ),
)
