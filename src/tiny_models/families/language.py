"""Entries of language models."""

from __future__ import annotations

from typing import Any

from tiny_models.families.family import Family

_MROPE = {"rope_type": "default", "mrope_section": [2, 1, 1]}


def _question_tokens(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    ids = inputs["input_ids"].clone()
    ids[0, 2] = model.config.question_token_id
    return {**inputs, "input_ids": ids}


def _question(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    import torch

    length = inputs["input_ids"].shape[1]
    return {
        **inputs,
        "marks": torch.tensor([[length]]),
        "num_options": torch.tensor([[2]]),
        "question_type_ids": torch.tensor([[0]]),
    }


def _three_separators(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    ids = inputs["input_ids"].clone()
    for position in (5, 6, 15):
        ids[..., position] = model.config.sep_token_id
    return {**inputs, "input_ids": ids}


def _trajectory(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    import torch

    from tiny_models.inputs.values import floats

    steps = 4
    return {
        "states": floats("states", 1, steps, model.config.state_dim),
        "actions": floats("actions", 1, steps, model.config.act_dim),
        "rewards": floats("rewards", 1, steps, 1),
        "returns_to_go": floats("returns_to_go", 1, steps, 1),
        "timesteps": torch.arange(steps)[None],
        "attention_mask": torch.ones(1, steps),
    }


FAMILIES: tuple[Family, ...] = (
    Family(
        ("bamba",),
        "one layer of each kind; the attention layers are named by their places",
        {"num_hidden_layers": 2, "attn_layer_indices": [1], "mamba_d_head": 8},
    ),
    Family(
        ("jamba",),
        "attention and experts come every few layers, which two layers would not reach",
        {"attn_layer_period": 2, "attn_layer_offset": 1, "expert_layer_period": 2},
    ),
    Family(
        ("mamba2",),
        "heads must fill the inner width",
        {"num_heads": 8, "head_dim": 8, "n_groups": 1},
    ),
    Family(
        ("granitemoehybrid",),
        "by default no layer attends",
        {"layer_types": ["linear_attention", "full_attention"]},
    ),
    Family(
        ("recurrent_gemma",),
        "its blocks alternate in threes, of which the third attends",
        {"num_hidden_layers": 3},
    ),
    Family(
        ("zamba",),
        "a shared block is tied over at least two hybrid layers",
        {
            "num_hidden_layers": 4,
            "layers_block_type": ["hybrid", "mamba", "hybrid", "mamba"],
            "attention_hidden_size": 64,
            "attention_head_dim": 16,
        },
    ),
    Family(
        ("gpt_neo",),
        "attention kinds are given as repeated groups",
        {"num_layers": 2, "attention_types": [[["global", "local"], 1]]},
    ),
    Family(
        ("blt",),
        "byte groups are hashed into a table of half a million rows",
        {"encoder_hash_byte_group_vocab": 64, "use_cache": False},
    ),
    Family(
        ("blt",),
        "its coders take the width of the model between them",
        {
            "encoder_config": {"hidden_size_global": 32},
            "decoder_config": {"hidden_size_global": 32},
        },
    ),
    Family(
        ("cpmant",),
        "its feed-forward width and its buckets have names of their own",
        {"dim_ff": 64, "position_bias_num_buckets": 32, "prompt_length": 8},
    ),
    Family(
        ("dbrx",),
        "the attention's part of the config has no rotary base by default",
        {"attn_config": {"rope_theta": 10000.0, "clip_qkv": 8.0}},
    ),
    Family(
        ("cohere_compass_text",),
        "rotary parameters are per layer kind",
        {
            "rope_parameters": {
                "sliding_attention": {**_MROPE, "rope_theta": 10000.0},
                "full_attention": {**_MROPE, "rope_theta": 10000.0},
            }
        },
    ),
    Family(
        ("gemma3n_text",),
        "layers that share caches need one of their kind below them",
        {
            "num_hidden_layers": 4,
            "layer_types": [
                "sliding_attention",
                "full_attention",
                "sliding_attention",
                "full_attention",
            ],
            "num_kv_shared_layers": 2,
            "intermediate_size": 64,
            "activation_sparsity_pattern": None,
        },
    ),
    Family(
        ("reformer",),
        "axial position embeddings must multiply to the length and add to the width",
        {"axial_pos_shape": [4, 4], "axial_pos_embds_dim": [16, 16]},
    ),
    Family(
        ("reformer",),
        "generates only as a decoder",
        {"is_decoder": True},
        architectures=("ReformerModelWithLMHead",),
    ),
    Family(
        ("neomme",),
        "a quarter of each head is rotated, in pairs of pairs",
        {"head_dim": 16},
    ),
    Family(
        (
            "qwen2_vl_text", "qwen2_5_vl_text", "qwen2_5_omni_text", "paddleocr_vl_text",
            "glm4v_text", "glm_ocr_text", "glm_image_text",
        ),
        "the sections of the rotary embedding must fill the small head",
        {"rope_parameters": _MROPE},
    ),
    Family(
        ("glm4v_moe_text",),
        "half of each head is rotated, in three sections",
        {"head_dim": 16, "rope_parameters": {**_MROPE, "partial_rotary_factor": 0.5}},
    ),
    Family(
        ("xmod",),
        "each language has an adapter, and one must be chosen",
        {"default_language": "en_XX"},
    ),
    Family(("t5gemma",), "is an encoder alone", {"is_encoder_decoder": False},
           architectures=("T5GemmaEncoderModel",)),
    Family(("decision_transformer",), "reads trajectories, not texts", recipe=_trajectory),
    Family(
        ("splinter",),
        "answers where the text has a question token",
        recipe=_question_tokens,
        architectures=("SplinterForPreTraining",),
    ),
    Family(
        ("longformer",),
        "finds the question by three separators",
        recipe=_three_separators,
        architectures=("LongformerForQuestionAnswering", "LongformerForMultipleChoice"),
    ),
    Family(
        ("layoutlmv3",),
        "six embeddings of a box are joined to the model's width",
        {"coordinate_size": 6, "shape_size": 4},
    ),
    Family(("lilt",), "six embeddings of a box share the width", {"hidden_size": 48}),
    Family(("lfm2_moe",), "layer kinds have no default",
           {"num_hidden_layers": 2, "layer_types": ["conv", "full_attention"],
            "num_dense_layers": 1}),
    Family(("deepseek_ocr2_text",), "kinds and groups have no default",
           {"mlp_layer_types": ["dense", "sparse"], "n_group": 1, "topk_group": 1,
            "num_experts_per_tok": 2}),
    Family(("hunyuan_vl_text",), "the sections of the rotary embedding have no default",
           {"rope_parameters": {**_MROPE, "mrope_section": [1, 1, 1, 1]}}),
    Family(("qwen4_exp_text",), "the indexer and the n-grams have no default sizes",
           {"indexer_n_heads": 2, "indexer_kv_heads": 1, "indexer_head_dim": 8,
            "indexer_budget": 16, "indexer_compress_ratio": 4, "ngram_vocab_size_base": 64,
            "hc_lowrank": 8, "ple_embed_dim": 32, "ple_layer_ids": [1], "eos_token_id": 2,
            "make_ngram_vocab_size_divisible_by": 8, "split_ngram_parts": 1,
            "output_gate_type": "silu"}),
    Family(("jev",), "needs where questions end, of which type they are and their options",
           recipe=_question),
    Family(("diffusion_gemma_text",), "experts have no default numbers",
           {"num_experts": 4, "top_k_experts": 2, "moe_intermediate_size": 32}),
    Family(("bros",), "boxes are embedded in a quarter of the width",
           {"dim_bbox": 8, "hidden_size": 64}),
    Family(("ernie4_5_vl_moe_text",), "three axes share the rotary embedding",
           {"rope_parameters": {**_MROPE, "mrope_section": [1, 1, 2]},
            "moe_intermediate_size": [32, 32]}),
    Family(("step3p5",), "sliding layers need a window",
           {"sliding_window": 8}),
    Family(("xlstm",), "widths of keys and values are rounded up to 64",
           {"hidden_size": 64, "embedding_dim": 64, "qk_dim_factor": 1.0}),
    Family(("dots3_note_text",), "layers with a window have sizes of their own",
           {"use_sliding_window": False, "layer_types": None, "num_hidden_layers": 2,
            "mlp_layer_types": ["dense", "sparse"]}),
    Family(("t5gemma2_encoder", "t5gemma2_text"), "its own field for dropping out",
           {"dropout_rate": 0.0}),
)  # fmt: skip
