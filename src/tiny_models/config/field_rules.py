"""Rules that make a config field small, by its name. One width everywhere keeps parts fitting."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

WIDTH = 32
HEADS = 4
KEY_VALUE_HEADS = 2
HEAD_DIM = 8
LAYERS = 2
FEED_FORWARD = 64
EXPERTS = 4
VOCABULARY = 256
POSITIONS = 256
LATENT = 16
# Shorter than the texts that models are tried on, so that what is out of the window shows.
WINDOW = 8
# A window of more is one of pixels.
_MOST_PATCHES = 32

Shrink = Callable[[int], int]


def at_most(limit: int) -> Shrink:
    """The value itself, but no more than ``limit``."""
    return lambda value: min(value, limit)


def exactly(number: int) -> Shrink:
    """``number``, whatever the value, unless the value switches something off."""
    return lambda value: number if value > 0 else value


@dataclass(frozen=True)
class Rule:
    """What happens to whole numbers in fields whose full name matches, lists included."""

    pattern: re.Pattern[str]
    shrink: Shrink


def _rule(names: str, shrink: Shrink) -> Rule:
    return Rule(re.compile(names), shrink)


def _same(value: int) -> int:
    return value


def _in_patches(value: int) -> int:
    """A window of the small picture; a larger number counts pixels, which keep their size."""
    return min(value, 2) if value <= _MOST_PATCHES else value


# The first match counts.
RULES = (
    # Ids and indices point into something: the vocabulary's are set elsewhere.
    _rule(r".*(_id|_ids|_index|_indices|_idx|_token|_token_index|_indexes)", _same),
    _rule(r"window_size", _in_patches),
    _rule(r"num_groups|group_detr", at_most(2)),
    # As many as the codec of the family has.
    _rule(r"num_code_groups", at_most(16)),
    _rule(r"num_queries", at_most(8)),
    _rule(r"encoder_hash_byte_group_vocab", at_most(64)),
    _rule(r"upsample_groups", exactly(WIDTH)),
    _rule(r"num_filters", at_most(4)),
    _rule(r"num_pos_feats", exactly(WIDTH // 2)),
    _rule(r"max_num_bins", at_most(8)),
    _rule(r"mm_tokens_per_image", at_most(4)),
    _rule(r"blocks_per_stage", exactly(1)),
    _rule(r"(init_)?pos_emb_(height|width)", _same),
    _rule(r"num_encoder_blocks", _same),
    _rule(r"latent_query_num", at_most(4)),
    _rule(r"num_(bpe|wordpiece)_labels", at_most(64)),
    _rule(r"num_global_layers", at_most(1)),
    _rule(r"qk_head_dim", exactly(2 * HEAD_DIM)),
    _rule(r"rotary_dim|swa_rotary_dim|qk_rope_head_dim", exactly(HEAD_DIM)),
    _rule(r".*(_ratio|_rate|_factor|_stride|_strides|_groups|_scale|_hop|_hop_length)", _same),
    _rule(r"(bos|eos|pad|sep|cls)_.*", _same),
    _rule(r".*(image|input|patch|frame|crop|canvas)_size", _same),
    _rule(r"num_(channels|frames|labels|mel_bins|feature_levels|stages|codebooks)", _same),
    # The vocabulary.
    _rule(r"(.*_)?vocab_size(_.*)?|.*n_vocab|.*vocabulary_size", at_most(VOCABULARY)),
    _rule(r"type_vocab_size|.*_type_vocab_size", at_most(16)),
    # Lengths.
    _rule(r"(.*_)?(n_positions|max_position_embeddings|max_seq_len|seq_length|n_ctx|context_length"
          r"|max_sequence_length|max_length)", at_most(POSITIONS)),
    _rule(r"max_source_positions|max_target_positions", at_most(POSITIONS)),
    _rule(r"max_2d_position_embeddings", at_most(1024)),
    _rule(r"(.*_)?sliding_window|local_attention|attention_window", at_most(WINDOW)),
    # Depth.
    _rule(r"num_(mtp|nextn_predict)_layers|num_nextn_predict_layers", at_most(1)),
    _rule(r"first_k_dense_replace|num_dense_layers|.*num_dense_layers|n_dense_layers", at_most(1)),
    _rule(r"(.*_)?(num_hidden_layers|n_layers?|num_layers|layers|depth|num_blocks|n_blocks)",
          at_most(LAYERS)),
    _rule(r"(.*_)?(num_\w*_layers|num_\w*_blocks)", at_most(LAYERS)),
    _rule(r"(.*_)?depths", exactly(1)),
    # Attention.
    _rule(r"(.*_)?(num_key_value_heads|num_kv_heads|multi_query_group_num|n_head_kv|kv_heads"
          r"|num_query_groups|num_key_value_heads_per_layer)", at_most(KEY_VALUE_HEADS)),
    _rule(r"index_n_heads", at_most(2)),
    _rule(r"index_topk", at_most(16)),
    _rule(r"index_head_dim", exactly(2 * HEAD_DIM)),
    _rule(r"linear_num_key_heads", exactly(2)),
    # State-space heads of 8 fill an inner width of twice the model's.
    _rule(r"mamba_n_heads|mamba_num_heads", exactly(2 * WIDTH // HEAD_DIM)),
    _rule(r"(.*_)?(num_\w*heads|n_heads?|num_heads|attention_heads)"
          r"(_per_stage)?", exactly(HEADS)),
    _rule(r"(.*_)?(head_dim|d_kv|kv_channels|head_size|qk_\w*head_dim|v_head_dim|attention_head_dim"
          r"|key_head_dim|value_head_dim|head_width|mamba_d_head|v_head_size|linear_\w+_head_dim|d_head|dim_head)",
          exactly(HEAD_DIM)),
    _rule(r"(.*_)?lora_rank|\w+_lora_dim", at_most(LATENT)),
    # Experts.
    _rule(r"(num_experts_per_tok|num_experts_per_token|moe_topk|moe_k|top_k_experts|moe_top_k)",
          at_most(2)),
    _rule(r"(num_experts|num_local_experts|n_routed_experts|moe_num_experts|num_routed_experts"
          r"|n_experts)", at_most(EXPERTS)),
    # Two groups of two experts, of which one is chosen.
    _rule(r"n_group|num_expert_group", at_most(2)),
    _rule(r"topk_group|mamba_n_groups|n_groups", at_most(1)),
    _rule(r"(n|num)_shared_experts|num_zero_experts|zero_expert_num", at_most(1)),
    # State spaces and convolutions.
    _rule(r"(mamba_)?d_state|state_size|ssm_state_size|mamba_d_state", at_most(LATENT)),
    _rule(r"(mamba_)?d_inner", exactly(FEED_FORWARD)),
    _rule(r"(mamba_|ssm_)?d_conv|conv_kernel\w*|.*kernel.*|kernel_size|dilation\w*", _same),
    _rule(r"attention_chunk_size", at_most(WINDOW)),
    _rule(r"(mamba_)?chunk_size|mamba_chunk_length", at_most(16)),
    _rule(r"num_conv_pos_embeddings", at_most(16)),
    _rule(r"mask_(time|feature)_length", at_most(2)),
    _rule(r"mask_(time|feature)_min_masks", at_most(1)),
    # Speech embeddings, codebooks.
    _rule(r"(.*_)?codebook_size|num_codevectors_per_group|num_embeddings|n_embed", at_most(64)),
    _rule(r"num_negatives", at_most(4)),
    _rule(r"(.*_)?(num_query_tokens|num_latents|num_perceiver_latents|resampler_n_latents)",
          at_most(4)),
    # Places along an edge of the picture, and the pixels of a patch of 4 x 4 in three colours.
    _rule(r"position_embedding_size", at_most(POSITIONS)),
    _rule(r"patch_embed_hidden_size", at_most(3 * 4**2)),
    # Widths. The feed-forward part first: its names contain those of the others.
    _rule(r"(.*_)?(intermediate_size|intermediate_dim|ffn_dim|ffn_size|ffn_hidden_size|d_ff"
          r"|mlp_dim|n_inner|mlp_hidden_size|inner_dim|feed_forward_dim|feedforward_dim"
          r"|feedforward_size|d_ffn|ff_dim|mlp_width|intermediate_size_mlp|linear_units"
          r"|postnet_units)", at_most(FEED_FORWARD)),
    _rule(r"(.*_)?(hidden_size|hidden_sizes|hidden_dim|hidden_dims|d_model|n_embd|embed_dim"
          r"|embed_dims|embedding_dim|embedding_size|projection_dim|proj_dim|projection_size"
          r"|proj_size|width|output_dim|out_dim|out_hidden_size|output_size|model_dim|lru_width"
          r"|channels|in_channels|out_channels|dims?|filters|features|bottleneck_size"
          r"|hidden_channels|latent_dim|feature_size|fusion_dim|conv_dim|tdnn_dim|codebook_dim"
          r"|codevector_dim|projector_dim|embd_dim|emb_dim|in_dim|shared_dim|initial_channel"
          r"|attention_dim|bottleneck_channels|stem_channels|neck_channels|hidden_unit|n_channels"
          r"|bottleneck_features|base_channels|pooler_output_size|vector_quantization_hidden_dimension|layer_channels|channel)"
          r"(_per_stage|_list)?", at_most(WIDTH)),
)  # fmt: skip


def shrink_value(name: str, value: Any) -> Any:
    """The small value of a field, or the very value given where no rule concerns it."""
    for rule in RULES:
        if rule.pattern.fullmatch(name):
            return _apply(rule.shrink, value)
    return value


def _apply(shrink: Shrink, value: Any) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return shrink(value)
    if isinstance(value, (list, tuple)):
        # A list even of a tuple, as it comes back from a config file.
        return [_apply(shrink, item) for item in value]
    return value
