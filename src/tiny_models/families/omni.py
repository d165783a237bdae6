"""Entries of models that read pictures beside videos, and some of them sound too."""

from __future__ import annotations

from tiny_models.families.family import Family
from tiny_models.families.omni_recipes import (
    codes,
    frames_of_patches,
    gemma,
    heard,
    merge_sizes,
    muse,
    patch_pictures,
    phi,
    pieces_of_sound,
    sound,
    spans,
    target_sizes,
    two_steps,
    voice_and_speech,
)
from tiny_models.families.recipes import without

FAMILIES: tuple[Family, ...] = (
    Family(
        ("video_llama_3",),
        "each picture and each video has its merge size",
        recipe=merge_sizes("image_merge_sizes", "video_merge_sizes"),
    ),
    Family(
        ("video_llama_3_vision",),
        "each picture has its merge size",
        recipe=merge_sizes("merge_sizes"),
    ),
    Family(
        ("kimi_k25", "kimi_k25_vision", "paddleocr_vl"),
        "takes patches as small pictures",
        recipe=patch_pictures,
    ),
    Family(
        ("muse_glimmer", "muse_glimmer_vision", "muse_spark", "muse_spark_vision"),
        "takes patches over two frames",
        recipe=frames_of_patches,
    ),
    Family(
        ("muse_glimmer", "muse_spark"),
        "the projector reads merged patches",
        {"out_hidden_size": 128},
    ),
    Family(
        ("muse_spark",),
        "whole frames of sound beside the text",
        recipe=muse,
    ),
    Family(
        (
            "minicpm_ocr_vision",
            "minicpmv4_7_vision",
            "minicpm_ocr",
            "minicpmv4_6",
            "minicpmv4_7",
        ),
        "takes the sizes in patches",
        recipe=target_sizes,
    ),
    Family(("ernie4_5_vl_moe",), "merges two steps of time", recipe=two_steps),
    Family(
        ("dots3_note",),
        "the adapter reads the tower's width, and takes the length of the sound",
        {"audio_config": {"adapter_input_size": 32}},
        recipe=pieces_of_sound,
    ),
    Family(
        ("nemotron_h_omni",),
        "pictures and videos share a placeholder, so a pass has the one or the other",
        recipe=without("pixel_values_videos"),
    ),
    Family(("glm5_next",), "a video is a span of picture tokens", recipe=spans),
    Family(
        ("gemma4", "embedding_gemma2"),
        "has towers neither for pictures nor for sound by default",
        {
            "vision_config": {"model_type": "gemma4_vision"},
            "audio_config": {"model_type": "gemma4_audio"},
        },
    ),
    Family(
        ("diffusion_gemma",),
        "has no tower for pictures by default",
        {"vision_config": {"model_type": "gemma4_vision"}},
    ),
    Family(
        ("gemma4_unified",),
        "reads neither pictures nor sound by default",
        {
            "vision_config": {"model_type": "gemma4_unified_vision"},
            # Its extractor puts so many samples side by side.
            "audio_config": {"model_type": "gemma4_unified_audio", "audio_embed_dim": 640},
        },
    ),
    Family(
        ("gemma4", "embedding_gemma2", "diffusion_gemma", "gemma4_unified"),
        "takes patches with their places, videos frame by frame, and sound with time first",
        recipe=gemma,
    ),
    Family(
        ("phi4_multimodal",),
        "takes the whole picture and its crops, and counts 16 x 16 tokens of the whole",
        {"vision_config": {"crop_size": 64, "image_size": 64, "patch_size": 2}},
        recipe=phi,
    ),
    Family(
        ("pocket_tts", "gradium_phonon_tts"),
        "goes on from a voice and from speech",
        recipe=voice_and_speech,
    ),
    Family(("higgs_audio_v2",), "hears codes beside the text", recipe=codes),
    Family(
        ("csm",),
        "hears what it answers to",
        recipe=heard,
        architectures=("CsmForConditionalGeneration",),
    ),
    Family(
        ("vibevoice", "vibevoice_asr"),
        "hears beside the text, and draws no noise",
        recipe=sound,
    ),
)
