# Copyright the rules_transformers authors
# SPDX-License-Identifier: Apache-2.0
"""Bazaar: a mixture-of-experts decoder, its experts kept busy without an auxiliary loss.

Each token is served by one shared expert and by the `num_experts_per_tok` experts of highest
affinity, a sigmoid of the router's logit, so that experts do not compete for a fixed sum. A bias
per expert is added to the affinities when experts are chosen, and only then: it steers the load,
while the mixing weights stay those that the gradient knows. After an optimizer step the training
loop calls `rebalance_experts`, which moves each bias one step towards an even load. The first
layers are dense, since routing on barely contextual states is hardly better than chance. The
attention is Quill's.
"""

import torch
import torch.nn.functional as F
import transformers.initialization as init
from huggingface_hub.dataclasses import strict
from torch import nn
from transformers.cache_utils import Cache, DynamicCache
from transformers.modeling_outputs import MoeCausalLMOutputWithPast, MoeModelOutputWithPast
from transformers.modeling_utils import PreTrainedModel, slice_logits_to_keep
from transformers.models.mixtral.modeling_mixtral import MixtralExperts, MixtralTopKRouter
from transformers.processing_utils import Unpack
from transformers.utils import TransformersKwargs, auto_docstring
from transformers.utils.output_capturing import OutputRecorder

from ..quill.configuration_quill import QuillConfig
from ..quill.modeling_quill import (
    QuillAttention,
    QuillDecoderLayer,
    QuillForCausalLM,
    QuillMLP,
    QuillModel,
    QuillPreTrainedModel,
    softcap_logits,
)


@auto_docstring(custom_intro="This is the configuration class of a [`BazaarModel`].")
@strict
class BazaarConfig(QuillConfig):
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
    moe_intermediate_size (`int`, *optional*, defaults to 512):
        Width of each expert, the shared one included.
    num_local_experts (`int`, *optional*, defaults to 32):
        Number of routed experts in a sparse layer.
    num_experts_per_tok (`int`, *optional*, defaults to 4):
        How many routed experts serve a token.
    num_dense_layers (`int`, *optional*, defaults to 1):
        How many layers at the bottom have a dense MLP of width `intermediate_size` instead of
        experts.
    expert_bias_step (`float`, *optional*, defaults to 0.001):
        How far `rebalance_experts` moves the selection bias of an expert.
    router_z_loss_coef (`float`, *optional*, defaults to 0.0001):
        Weight of the router z-loss, which keeps the router's logits small.

    ```python
    >>> from models.bazaar import BazaarConfig, BazaarModel

    >>> configuration = BazaarConfig()
    >>> model = BazaarModel(configuration)
    >>> configuration = model.config
    ```"""

    model_type = "bazaar"
    base_model_tp_plan = {
        "layers.*.self_attn.q_proj": "colwise",
        "layers.*.self_attn.k_proj": "colwise",
        "layers.*.self_attn.v_proj": "colwise",
        "layers.*.self_attn.o_proj": "rowwise",
        "layers.*.mlp.gate_proj": "colwise",
        "layers.*.mlp.up_proj": "colwise",
        "layers.*.mlp.down_proj": "rowwise",
        "layers.*.mlp.shared_expert.gate_proj": "colwise",
        "layers.*.mlp.shared_expert.up_proj": "colwise",
        "layers.*.mlp.shared_expert.down_proj": "rowwise",
        "layers.*.mlp.experts.gate_up_proj": "packed_colwise",
        "layers.*.mlp.experts.down_proj": "rowwise",
        "layers.*.mlp.experts": "moe_tp_experts",
    }

    vocab_size: int = 32000
    moe_intermediate_size: int = 512
    num_local_experts: int = 32
    num_experts_per_tok: int = 4
    num_dense_layers: int = 1
    expert_bias_step: float = 0.001
    output_router_logits: bool = False
    router_z_loss_coef: float = 0.0001

    def validate_architecture(self):
        """Part of `@strict`-powered validation. Validates the architecture of the config."""
        super().validate_architecture()
        if self.num_experts_per_tok > self.num_local_experts:
            raise ValueError(
                f"A token cannot be served by {self.num_experts_per_tok} experts "
                f"(`num_experts_per_tok`) when there are {self.num_local_experts} "
                "(`num_local_experts`)."
            )


class BazaarMLP(QuillMLP):
    def __init__(self, config: BazaarConfig, intermediate_size: int | None = None):
        super().__init__(config)
        self.intermediate_size = (
            config.intermediate_size if intermediate_size is None else intermediate_size
        )


class BazaarAttention(QuillAttention):
    pass


class BazaarExperts(MixtralExperts):
    def __init__(self, config: BazaarConfig):
        super().__init__(config)
        self.intermediate_dim = config.moe_intermediate_size


class BazaarTopKRouter(MixtralTopKRouter):
    def __init__(self, config: BazaarConfig):
        super().__init__(config)
        self.bias_step = config.expert_bias_step
        self.expert_bias = nn.Buffer(torch.zeros(self.num_experts))

    def forward(
        self, hidden_states: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        hidden_states = hidden_states.reshape(-1, self.hidden_dim)
        router_logits = F.linear(hidden_states.float(), self.weight.float())
        affinities = router_logits.sigmoid()
        router_indices = self.choose_experts(router_logits)
        router_scores = affinities.gather(-1, router_indices)
        router_scores = router_scores / router_scores.sum(dim=-1, keepdim=True)
        return router_logits, router_scores.to(hidden_states.dtype), router_indices

    def choose_experts(self, router_logits: torch.Tensor) -> torch.Tensor:
        """Maps logits of shape `(num_tokens, num_experts)` to experts, `(num_tokens, top_k)`."""
        return torch.topk(router_logits.sigmoid() + self.expert_bias, self.top_k, dim=-1).indices

    @torch.no_grad()
    def rebalance(self, router_logits: torch.Tensor):
        """Raises the biases of the experts with less than the mean load, lowers the others."""
        load = torch.bincount(
            self.choose_experts(router_logits).flatten(), minlength=self.num_experts
        ).float()
        self.expert_bias += self.bias_step * torch.sign(load.mean() - load)


class BazaarSparseMoeBlock(nn.Module):
    def __init__(self, config: BazaarConfig):
        super().__init__()
        self.gate = BazaarTopKRouter(config)
        self.experts = BazaarExperts(config)
        self.shared_expert = BazaarMLP(config, intermediate_size=config.moe_intermediate_size)

    def forward(self, hidden_states: torch.Tensor) -> torch.Tensor:
        tokens = hidden_states.reshape(-1, hidden_states.shape[-1])
        _, top_k_weights, top_k_index = self.gate(tokens)
        routed = self.experts(tokens, top_k_index, top_k_weights)
        return routed.reshape(hidden_states.shape) + self.shared_expert(hidden_states)


class BazaarDecoderLayer(QuillDecoderLayer):
    def __init__(self, config: BazaarConfig, layer_idx: int):
        super().__init__(config, layer_idx)
        self.mlp = (
            BazaarMLP(config)
            if layer_idx < config.num_dense_layers
            else BazaarSparseMoeBlock(config)
        )


class BazaarPreTrainedModel(QuillPreTrainedModel):
    _keep_in_fp32_modules_strict = ["expert_bias"]
    _can_record_outputs = {
        "router_logits": OutputRecorder(BazaarTopKRouter, index=0),
        "hidden_states": BazaarDecoderLayer,
        "attentions": BazaarAttention,
    }

    @torch.no_grad()
    def _init_weights(self, module):
        PreTrainedModel._init_weights(self, module)
        std = self.config.initializer_range
        if isinstance(module, BazaarAttention) and module.length_scale is not None:
            init.zeros_(module.length_scale)
        elif isinstance(module, BazaarExperts):
            init.normal_(module.gate_up_proj, mean=0.0, std=std)
            init.normal_(module.down_proj, mean=0.0, std=std)
        elif isinstance(module, BazaarTopKRouter):
            init.normal_(module.weight, mean=0.0, std=std)
            init.zeros_(module.expert_bias)


class BazaarModel(QuillModel):
    def forward(
        self,
        input_ids: torch.LongTensor | None = None,
        attention_mask: torch.Tensor | None = None,
        position_ids: torch.LongTensor | None = None,
        cache: Cache | None = None,
        inputs_embeds: torch.Tensor | None = None,
        use_cache: bool | None = None,
        **kwargs: Unpack[TransformersKwargs],
    ) -> MoeModelOutputWithPast:
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
        return MoeModelOutputWithPast(  # which has a place for the router logits
            last_hidden_state=hidden_states,
            cache=cache,
        )

    def rebalance_experts(
        self, router_logits: tuple[torch.Tensor, ...], attention_mask: torch.Tensor | None = None
    ):
        """
        Moves the selection biases of all sparse layers one step towards an even load of the
        experts.

        Args:
            router_logits (`tuple(torch.Tensor)`):
                The `router_logits` of a forward pass with `output_router_logits=True`: one tensor
                of shape `(num_tokens, num_experts)` for each sparse layer.
            attention_mask (`torch.Tensor` of shape `(batch_size, sequence_length)`, *optional*):
                The mask of that pass. Padding does not count as load.
        """
        routers = [
            layer.mlp.gate for layer in self.layers if isinstance(layer.mlp, BazaarSparseMoeBlock)
        ]
        for router, logits in zip(routers, router_logits, strict=True):
            router.rebalance(
                logits if attention_mask is None else logits[attention_mask.view(-1) > 0]
            )


def router_z_loss(
    router_logits: tuple[torch.Tensor, ...], attention_mask: torch.Tensor | None
) -> torch.Tensor:
    """Mean over layers and tokens, less the padding, of the squared log-partition of the logits."""
    squares = torch.stack(
        [layer_logits.logsumexp(dim=-1).square() for layer_logits in router_logits]
    )
    if attention_mask is None:
        return squares.mean()
    weights = attention_mask.reshape(-1).to(squares)
    return (squares * weights).sum(dim=-1).mean() / weights.sum()


class BazaarForCausalLM(QuillForCausalLM):
    def forward(
        self,
        input_ids: torch.LongTensor | None = None,
        attention_mask: torch.Tensor | None = None,
        position_ids: torch.LongTensor | None = None,
        cache: Cache | None = None,
        inputs_embeds: torch.Tensor | None = None,
        labels: torch.LongTensor | None = None,
        use_cache: bool | None = None,
        output_router_logits: bool | None = None,
        logits_to_keep: int | torch.Tensor = 0,
        **kwargs: Unpack[TransformersKwargs],
    ) -> MoeCausalLMOutputWithPast:
        r"""
        Example:

        ```python
        >>> from transformers import AutoTokenizer
        >>> from models.bazaar import BazaarForCausalLM

        >>> model = BazaarForCausalLM.from_pretrained("path/to/bazaar")
        >>> tokenizer = AutoTokenizer.from_pretrained("path/to/bazaar")

        >>> inputs = tokenizer("At the bazaar they sold", return_tensors="pt")
        >>> generate_ids = model.generate(**inputs, max_new_tokens=30)
        >>> tokenizer.batch_decode(generate_ids, skip_special_tokens=True)[0]
        ```"""
        output_router_logits = (
            output_router_logits
            if output_router_logits is not None
            else self.config.output_router_logits
        )

        outputs: MoeModelOutputWithPast = self.model(
            input_ids=input_ids,
            attention_mask=attention_mask,
            position_ids=position_ids,
            cache=cache,
            inputs_embeds=inputs_embeds,
            use_cache=use_cache,
            output_router_logits=output_router_logits,
            **kwargs,
        )

        hidden_states = slice_logits_to_keep(outputs.last_hidden_state, logits_to_keep)
        logits = softcap_logits(self.lm_head(hidden_states), self.config.final_logit_softcapping)

        loss, aux_loss = None, None
        if labels is not None:
            loss = self.loss_function(
                logits=logits, labels=labels, vocab_size=self.config.vocab_size, **kwargs
            )
            if output_router_logits:
                aux_loss = router_z_loss(outputs.router_logits, attention_mask)
                loss = loss + self.config.router_z_loss_coef * aux_loss.to(loss.device)

        return MoeCausalLMOutputWithPast(
            loss=loss,
            aux_loss=aux_loss,
            logits=logits,
            cache=outputs.cache,
            hidden_states=outputs.hidden_states,
            attentions=outputs.attentions,
            router_logits=outputs.router_logits,
        )


__all__ = [
    "BazaarConfig",
    "BazaarForCausalLM",
    "BazaarModel",
    "BazaarPreTrainedModel",
]
