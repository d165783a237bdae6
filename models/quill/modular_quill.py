# Copyright the rules_transformers authors
# SPDX-License-Identifier: Apache-2.0
"""Quill: a dense decoder that reads locally with positions and globally without them.

Three layers out of four see a sliding window and rotate queries and keys (RoPE). Every fourth layer
sees the whole context and has no position embedding at all; instead it sharpens its softmax with
the logarithm of the context length, by a factor that each head learns. What has no position cannot
run out of the positions seen in training, so the context can be extended without touching the
rotary frequencies.
"""

from collections.abc import Callable

import torch
import transformers.initialization as init
from huggingface_hub.dataclasses import strict
from torch import nn
from transformers.cache_utils import Cache, DynamicCache
from transformers.masking_utils import create_causal_mask, create_sliding_window_causal_mask
from transformers.modeling_outputs import BaseModelOutputWithPast, CausalLMOutputWithPast
from transformers.modeling_utils import (
    ALL_ATTENTION_FUNCTIONS,
    PreTrainedModel,
    slice_logits_to_keep,
)
from transformers.models.llama.configuration_llama import LlamaConfig
from transformers.models.llama.modeling_llama import (
    LlamaAttention,
    LlamaForCausalLM,
    LlamaForSequenceClassification,
    LlamaForTokenClassification,
    LlamaModel,
    LlamaPreTrainedModel,
    LlamaRMSNorm,
    apply_rotary_pos_emb,
    eager_attention_forward,
)
from transformers.processing_utils import Unpack
from transformers.utils import TransformersKwargs, auto_docstring


@auto_docstring(custom_intro="This is the configuration class of a [`QuillModel`].")
@strict
class QuillConfig(LlamaConfig):
    r"""
    sliding_window (`int`, *optional*, defaults to 1024):
        How many tokens a layer of type `"sliding_attention"` looks back, itself included.
    full_attention_interval (`int`, *optional*, defaults to 4):
        Every so many layers, one has full attention and no position embedding. Only read when
        `layer_types` is unset.
    layer_types (`list[str]`, *optional*):
        The attention of each layer, `"sliding_attention"` or `"full_attention"`.
    final_logit_softcapping (`float`, *optional*, defaults to 30.0):
        Bound on the magnitude of the logits, applied as `cap * tanh(logits / cap)`. `None` leaves
        them unbounded.

    ```python
    >>> from models.quill import QuillConfig, QuillModel

    >>> configuration = QuillConfig()
    >>> model = QuillModel(configuration)
    >>> configuration = model.config
    ```"""

    model_type = "quill"

    vocab_size: int = 32000
    hidden_size: int = 1024
    intermediate_size: int = 2816
    num_hidden_layers: int = 16
    num_attention_heads: int = 16
    num_key_value_heads: int | None = 4
    max_position_embeddings: int = 8192
    tie_word_embeddings: bool = True
    pretraining_tp = AttributeError()
    sliding_window: int = 1024
    full_attention_interval: int = 4
    layer_types: list[str] | None = None
    final_logit_softcapping: float | None = 30.0

    def __post_init__(self, **kwargs):
        if self.layer_types is None:
            self.layer_types = [
                "sliding_attention" if (i + 1) % self.full_attention_interval else "full_attention"
                for i in range(self.num_hidden_layers)
            ]
        super().__post_init__(**kwargs)


class QuillRMSNorm(LlamaRMSNorm):
    pass


class QuillAttention(LlamaAttention):
    """Attention with normalised queries and keys, local and rotary or global and position-free."""

    def __init__(self, config: QuillConfig, layer_idx: int):
        super().__init__(config, layer_idx)
        is_local = config.layer_types[layer_idx] == "sliding_attention"
        self.sliding_window = config.sliding_window if is_local else None
        self.q_norm = QuillRMSNorm(self.head_dim, eps=config.rms_norm_eps)
        self.k_norm = QuillRMSNorm(self.head_dim, eps=config.rms_norm_eps)
        # Attention over n keys flattens as n grows; a factor of 1 + s * log(n) keeps it sharp
        self.length_scale = (
            None if is_local else nn.Parameter(torch.zeros(config.num_attention_heads))
        )

    def forward(
        self,
        hidden_states: torch.Tensor,
        position_embeddings: tuple[torch.Tensor, torch.Tensor] | None = None,
        attention_mask: torch.Tensor | None = None,
        cache: Cache | None = None,
        log_lengths: torch.Tensor | None = None,
        **kwargs: Unpack[TransformersKwargs],
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        input_shape = hidden_states.shape[:-1]
        hidden_shape = (*input_shape, -1, self.head_dim)

        query_states = self.q_norm(self.q_proj(hidden_states).view(hidden_shape)).transpose(1, 2)
        key_states = self.k_norm(self.k_proj(hidden_states).view(hidden_shape)).transpose(1, 2)
        value_states = self.v_proj(hidden_states).view(hidden_shape).transpose(1, 2)

        if self.length_scale is None:
            cos, sin = position_embeddings
            query_states, key_states = apply_rotary_pos_emb(query_states, key_states, cos, sin)
        else:
            sharpness = 1 + self.length_scale[:, None] * log_lengths[:, None, :]
            query_states = query_states * sharpness[..., None].to(query_states.dtype)

        if cache is not None:
            key_states, value_states = cache.update(
                key_states, value_states, self.layer_idx
            )

        attention_interface: Callable = ALL_ATTENTION_FUNCTIONS.get_interface(
            self.config._attn_implementation, eager_attention_forward
        )

        attn_output, attn_weights = attention_interface(
            self,
            query_states,
            key_states,
            value_states,
            attention_mask,
            dropout=0.0 if not self.training else self.attention_dropout,
            scaling=self.scaling,
            sliding_window=self.sliding_window,
            **kwargs,
        )

        attn_output = attn_output.reshape(*input_shape, -1).contiguous()
        attn_output = self.o_proj(attn_output)
        return attn_output, attn_weights


class QuillPreTrainedModel(LlamaPreTrainedModel):
    @torch.no_grad()
    def _init_weights(self, module):
        PreTrainedModel._init_weights(self, module)
        if isinstance(module, QuillAttention) and module.length_scale is not None:
            init.zeros_(module.length_scale)


class QuillModel(LlamaModel):
    def forward(
        self,
        input_ids: torch.LongTensor | None = None,
        attention_mask: torch.Tensor | None = None,
        position_ids: torch.LongTensor | None = None,
        cache: Cache | None = None,
        inputs_embeds: torch.Tensor | None = None,
        use_cache: bool | None = None,
        **kwargs: Unpack[TransformersKwargs],
    ) -> BaseModelOutputWithPast:
        if (input_ids is None) ^ (inputs_embeds is not None):
            raise ValueError("You must specify exactly one of input_ids or inputs_embeds")

        if inputs_embeds is None:
            inputs_embeds: torch.Tensor = self.embed_tokens(input_ids)

        if use_cache and cache is None:
            cache = DynamicCache(config=self.config)

        if position_ids is None:
            past_seen_tokens = (
                cache.get_seq_length() if cache is not None else 0
            )
            position_ids = (
                torch.arange(inputs_embeds.shape[1], device=inputs_embeds.device) + past_seen_tokens
            )
            position_ids = position_ids.unsqueeze(0)

        causal_mask_mapping = self.prepare_masks(
            inputs_embeds, attention_mask, cache, position_ids
        )

        hidden_states = inputs_embeds
        position_embeddings = self.rotary_emb(hidden_states, position_ids=position_ids)
        log_lengths = torch.log1p(position_ids.float())

        for decoder_layer, layer_type in zip(self.layers, self.config.layer_types, strict=True):
            hidden_states = decoder_layer(
                hidden_states,
                attention_mask=causal_mask_mapping[layer_type],
                position_embeddings=position_embeddings,
                position_ids=position_ids,
                cache=cache,
                use_cache=use_cache,
                log_lengths=log_lengths,
                **kwargs,
            )

        hidden_states = self.norm(hidden_states)
        return BaseModelOutputWithPast(
            last_hidden_state=hidden_states,
            cache=cache,
        )

    def prepare_masks(
        self,
        inputs_embeds: torch.Tensor,
        attention_mask: torch.Tensor | dict[str, torch.Tensor] | None,
        cache: Cache | None,
        position_ids: torch.LongTensor,
    ) -> dict[str, torch.Tensor | None]:
        """Makes one mask per layer type, unless `generate` already has."""
        if isinstance(attention_mask, dict):
            return attention_mask
        mask_kwargs = {
            "config": self.config,
            "inputs_embeds": inputs_embeds,
            "attention_mask": attention_mask,
            "cache": cache,
            "position_ids": position_ids,
        }
        return {
            "full_attention": create_causal_mask(**mask_kwargs),
            "sliding_attention": create_sliding_window_causal_mask(**mask_kwargs),
        }


def softcap_logits(logits: torch.Tensor, cap: float | None) -> torch.Tensor:
    """Bounds `logits` smoothly to the open interval from `-cap` to `cap`."""
    return logits if cap is None else cap * torch.tanh(logits / cap)


class QuillForCausalLM(LlamaForCausalLM):
    def forward(
        self,
        input_ids: torch.LongTensor | None = None,
        attention_mask: torch.Tensor | None = None,
        position_ids: torch.LongTensor | None = None,
        cache: Cache | None = None,
        inputs_embeds: torch.Tensor | None = None,
        labels: torch.LongTensor | None = None,
        use_cache: bool | None = None,
        logits_to_keep: int | torch.Tensor = 0,
        **kwargs: Unpack[TransformersKwargs],
    ) -> CausalLMOutputWithPast:
        r"""
        Example:

        ```python
        >>> from transformers import AutoTokenizer
        >>> from models.quill import QuillForCausalLM

        >>> model = QuillForCausalLM.from_pretrained("path/to/quill")
        >>> tokenizer = AutoTokenizer.from_pretrained("path/to/quill")

        >>> inputs = tokenizer("The quill wrote", return_tensors="pt")
        >>> generate_ids = model.generate(**inputs, max_new_tokens=30)
        >>> tokenizer.batch_decode(generate_ids, skip_special_tokens=True)[0]
        ```"""
        outputs: BaseModelOutputWithPast = self.model(
            input_ids=input_ids,
            attention_mask=attention_mask,
            position_ids=position_ids,
            cache=cache,
            inputs_embeds=inputs_embeds,
            use_cache=use_cache,
            **kwargs,
        )

        hidden_states = slice_logits_to_keep(outputs.last_hidden_state, logits_to_keep)
        logits = softcap_logits(self.lm_head(hidden_states), self.config.final_logit_softcapping)

        loss = None
        if labels is not None:
            loss = self.loss_function(
                logits=logits, labels=labels, vocab_size=self.config.vocab_size, **kwargs
            )

        return CausalLMOutputWithPast(
            loss=loss,
            logits=logits,
            cache=outputs.cache,
            hidden_states=outputs.hidden_states,
            attentions=outputs.attentions,
        )


class QuillForSequenceClassification(LlamaForSequenceClassification):
    pass


class QuillForTokenClassification(LlamaForTokenClassification):
    pass


__all__ = [
    "QuillConfig",
    "QuillForCausalLM",
    "QuillForSequenceClassification",
    "QuillForTokenClassification",
    "QuillModel",
    "QuillPreTrainedModel",
]
