"""Entries of models that join pictures, videos or sound with text."""

from __future__ import annotations

from tiny_models.families.family import Family
from tiny_models.families.multimodal_recipes import (
    PICTURE_WORDS,
    act,
    adding_ones,
    anything,
    aspect,
    batched_patches,
    cameras,
    codebook,
    flamingo,
    flattened,
    grid_hw,
    high_resolution,
    kosmos,
    kosmos_patches,
    lxmert,
    merged_pictures,
    named_classes,
    patch_list,
    patch_rows,
    patches_and_codes,
    picture_to_make,
    placed_patches,
    pooled_crops,
    queries,
    regions,
    robot,
    task,
)
from tiny_models.families.recipes import adding, ids_like, in_front

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
        ("llava_next", "llava_next_video", "llava_onevision"),
        "crops must be of the small picture's size",
        {"image_grid_pinpoints": [[56, 56]]},
    ),
    Family(
        ("granite4_vision",),
        "crops must be of the small picture's size",
        {"image_grid_pinpoints": [[64, 64]]},
    ),
    Family(
        ("cohere2_vision",),
        "its processor makes 16 x 16 tokens of a tile by default",
        {"vision_config": {"image_size": 64, "patch_size": 2}},
    ),
    Family(
        ("got_ocr2",),
        "its processor makes 16 x 16 tokens of a picture, and four patches each way are one",
        {"vision_config": {"image_size": 64, "patch_size": 1}},
    ),
    Family(
        ("inkling2", "inkling2_vision"),
        "takes merged patches as small pictures",
        recipe=merged_pictures,
    ),
    Family(
        ("inkling_mm_model",),
        "takes patches over two frames, and sound as codes",
        recipe=patches_and_codes,
    ),
    Family(
        ("aria",),
        "its processor makes pictures of 980 pixels, and the queries depend on the patches",
        {
            "projector_patch_to_query_dict": {"784": 4},
            "vision_config": {"image_size": 980, "patch_size": 35},
        },
    ),
    Family(("visual_bert",), "takes features of regions, not pictures", recipe=regions),
    Family(("lxmert",), "takes features of regions, not pictures", recipe=lxmert),
    Family(("kosmos-2",), "a mask says where the picture's features go", recipe=kosmos),
    Family(
        ("blip_2_qformer", "instructblip_qformer"), "takes its queries as input", recipe=queries
    ),
    Family(
        ("instructblip", "instructblipvideo"),
        "its queries read the text too",
        recipe=ids_like("qformer_input_ids"),
    ),
    Family(("mllama", "mllama_vision_model"), "tiles and their arrangement", recipe=aspect),
    Family(
        ("mllama_text_model",),
        "one of the two layers must look at the picture",
        {"cross_attention_layers": [1]},
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
        "recognises where pictures begin by ids that only the whole model's config has",
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
            "vocabulary_map": PICTURE_WORDS,
            "vq_config": {"channel_multiplier": [1, 1, 1, 1]},
        },
    ),
    Family(
        ("janus",),
        "widths of the codes' coder multiply",
        {"vq_config": {"channel_multiplier": [1, 1], "num_embeddings": 64}},
    ),
    Family(("fuyu",), "takes patches, not pictures", recipe=patch_rows),
    Family(("pix2struct",), "takes patches with their places", recipe=flattened),
    Family(
        ("deepseek_vl_hybrid",), "takes each picture at two resolutions", recipe=high_resolution
    ),
    Family(("oneformer",), "takes the task as text", recipe=task),
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
        ("idefics",),
        "text may look at each picture",
        recipe=adding_ones("image_attention_mask", 1, 16, 1),
    ),
    Family(("align",), "texts and pictures meet in one width", {"projection_dim": 8}),
    Family(("gemma4_vision",), "takes patches with their places", recipe=placed_patches),
    Family(("colqwen2",), "takes the patches of each sample apart", recipe=batched_patches),
    Family(
        ("perceiver",),
        "takes what a preprocessor makes of anything",
        recipe=anything,
        architectures=("PerceiverModel",),
    ),
    Family(("pi0",), "acts from a state", recipe=act),
    Family(
        ("granite4_vision",),
        "reads layers of the picture's tower",
        {"qformer_config": {"num_attention_heads": 4}},
    ),
    Family(
        ("glm_image",),
        "the last arrangement is that of the picture to make",
        recipe=picture_to_make,
        architectures=("GlmImageModel",),
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
        ("blip",),
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
        ("granite4_vision",),
        "reads layers of the picture's tower",
        {"deepstack_layer_map": [[0, 0]], "spatial_target_layers": [1]},
    ),
    Family(
        ("flava",),
        "its codebook reads a picture of its own",
        recipe=codebook,
        architectures=("FlavaForPreTraining",),
    ),
    Family(
        ("qwen3_omni_moe",),
        "the talker needs how patches are merged",
        {"talker_config": {"spatial_merge_size": 2}},
    ),
    Family(
        ("dots3_note_audio_encoder",),
        "the adapter reads the tower's width",
        {"adapter_input_size": 32},
    ),
    Family(("pi0",), "takes pictures of several cameras", recipe=robot),
    Family(
        ("muse_glimmer_assistant",),
        "drafts from noise and another model's states, which its window holds together",
        {"sliding_window": 64},
        recipe=adding(noise_embeds=(1, 8, 32), context_hidden_states=(1, 8, 64)),
    ),
    Family(
        ("molmo2",),
        "takes a picture or a film, and pools patches that are listed",
        recipe=pooled_crops,
    ),
    Family(("omdet-turbo",), "finds what it is given the names of", recipe=named_classes),
    Family(("granite_docling",), "takes several tiles per sample", recipe=cameras),
    Family(("nemotron_h_omni",), "takes flat patches with their arrangement", recipe=grid_hw),
    Family(("musicflamingo",), "a placeholder per four frames", recipe=flamingo),
    Family(("neomme",), "takes the patches of all pictures in one list", recipe=patch_list),
    Family(
        ("granite4_vision",),
        "heads are 64 wide",
        {"vision_config": {"hidden_size": 64}, "downsample_rate": "1/2"},
    ),
    Family(("kosmos-2.5",), "takes patches with their places", recipe=kosmos_patches),
)
