# Copyright the rules_transformers authors
# SPDX-License-Identifier: Apache-2.0
"""Ember: a text embedding model made of a Quill decoder.

Every token sees both ways (locally or globally, as Quill's layers do), the states of the real
tokens are averaged, and the mean is the embedding. The leading coordinates of an embedding are an
embedding too: the training loss is a contrastive loss averaged over several prefix lengths (a
Matryoshka loss), so an index can keep as many as it can pay for. Quill's weights load into Ember
unchanged, as its continued training starts from them.
"""

from dataclasses import dataclass

import torch
from huggingface_hub.dataclasses import strict
from torch import nn
from transformers.masking_utils import (
    create_bidirectional_mask,
    create_bidirectional_sliding_window_mask,
)
from transformers.modeling_outputs import BaseModelOutput
from transformers.processing_utils import Unpack
from transformers.utils import ModelOutput, TransformersKwargs, auto_docstring, can_return_tuple

from ..quill.configuration_quill import QuillConfig
from ..quill.modeling_quill import (
    QuillAttention,
    QuillDecoderLayer,
    QuillModel,
    QuillPreTrainedModel,
)


@auto_docstring(custom_intro="This is the configuration class of an [`EmberModel`].")
@strict
class EmberConfig(QuillConfig):
    r"""
    sliding_window (`int`, *optional*, defaults to 128):
        How many tokens a layer of type `"sliding_attention"` sees on each side.
    full_attention_interval (`int`, *optional*, defaults to 4):
        Every so many layers, one has full attention and no position embedding. Only read when
        `layer_types` is unset.
    layer_types (`list[str]`, *optional*):
        The attention of each layer, `"sliding_attention"` or `"full_attention"`.
    embedding_sizes (`list[int]`, *optional*, defaults to `[1024, 512, 256, 128, 64]`):
        The prefix lengths at which an embedding can be cut.
    temperature (`float`, *optional*, defaults to 0.05):
        What the cosine similarities are divided by in the contrastive loss.

    ```python
    >>> from models.ember import EmberConfig, EmberForTextEmbedding

    >>> configuration = EmberConfig()
    >>> model = EmberForTextEmbedding(configuration)
    >>> configuration = model.config
    ```"""

    model_type = "ember"

    vocab_size: int = 32000
    sliding_window: int = 128
    use_cache = AttributeError()
    final_logit_softcapping = AttributeError()
    tie_word_embeddings: bool = False
    embedding_sizes: list[int] | tuple[int, ...] = (1024, 512, 256, 128, 64)
    temperature: float = 0.05

    def validate_architecture(self):
        """Part of `@strict`-powered validation. Validates the architecture of the config."""
        super().validate_architecture()
        if max(self.embedding_sizes) > self.hidden_size:
            raise ValueError(
                f"An embedding has {self.hidden_size} coordinates (the hidden size), so it cannot "
                f"be cut at {max(self.embedding_sizes)}."
            )


@auto_docstring(
    custom_intro="""
    Embeddings of a batch of texts, and the contrastive loss if `positive_input_ids` were given.
    """
)
@dataclass
class EmberTextEmbeddingOutput(ModelOutput):
    r"""
    loss (`torch.FloatTensor` of shape `(1,)`, *optional*):
        Returned when `positive_input_ids` is provided.
        Contrastive loss with the other texts of the batch as negatives, averaged over
        `config.embedding_sizes`.
    embeddings (`torch.FloatTensor` of shape `(batch_size, embedding_size)`):
        Embeddings of unit length.
    """

    loss: torch.FloatTensor | None = None
    embeddings: torch.FloatTensor | None = None
    hidden_states: tuple[torch.FloatTensor, ...] | None = None
    attentions: tuple[torch.FloatTensor, ...] | None = None


class EmberAttention(QuillAttention):
    """Grouped-query attention in both directions, local and rotary or global and position-free."""

    def __init__(self, config: EmberConfig, layer_idx: int):
        super().__init__(config, layer_idx)
        self.is_causal = False


class EmberDecoderLayer(QuillDecoderLayer):
    pass


class EmberPreTrainedModel(QuillPreTrainedModel):
    pass


class EmberModel(QuillModel):
    def forward(
        self,
        input_ids: torch.LongTensor | None = None,
        attention_mask: torch.Tensor | None = None,
        position_ids: torch.LongTensor | None = None,
        inputs_embeds: torch.Tensor | None = None,
        **kwargs: Unpack[TransformersKwargs],
    ) -> BaseModelOutput:
        if (input_ids is None) ^ (inputs_embeds is not None):
            raise ValueError("You must specify exactly one of input_ids or inputs_embeds")

        if inputs_embeds is None:
            inputs_embeds: torch.Tensor = self.embed_tokens(input_ids)

        if position_ids is None:
            position_ids = torch.arange(
                inputs_embeds.shape[1], device=inputs_embeds.device
            ).unsqueeze(0)

        mask_kwargs = {
            "config": self.config,
            "inputs_embeds": inputs_embeds,
            "attention_mask": attention_mask,
        }
        mask_mapping = {
            "full_attention": create_bidirectional_mask(**mask_kwargs),
            "sliding_attention": create_bidirectional_sliding_window_mask(**mask_kwargs),
        }

        # Here every token sees the whole text, so all of them share its length
        if attention_mask is None:
            attention_mask = torch.ones(inputs_embeds.shape[:2], device=inputs_embeds.device)
        log_lengths = (
            attention_mask.sum(dim=-1, keepdim=True).float().log().expand_as(attention_mask)
        )

        hidden_states = inputs_embeds
        position_embeddings = self.rotary_emb(hidden_states, position_ids=position_ids)

        for encoder_layer, layer_type in zip(self.layers, self.config.layer_types, strict=True):
            hidden_states = encoder_layer(
                hidden_states,
                attention_mask=mask_mapping[layer_type],
                position_embeddings=position_embeddings,
                position_ids=position_ids,
                log_lengths=log_lengths,
                **kwargs,
            )

        return BaseModelOutput(last_hidden_state=self.norm(hidden_states))

    def prepare_masks(self):
        raise AttributeError("The masks of Ember are not causal")


def mean_pooling(hidden_states: torch.Tensor, attention_mask: torch.Tensor | None) -> torch.Tensor:
    """Averages states of shape `(batch_size, sequence_length, hidden_size)`, less the padding."""
    if attention_mask is None:
        return hidden_states.mean(dim=1)
    weights = attention_mask.to(hidden_states.dtype).unsqueeze(-1)
    return (hidden_states * weights).sum(dim=1) / weights.sum(dim=1).clamp(min=1)


@auto_docstring(
    custom_intro="""
    The Ember model with mean pooling on top, which embeds texts.
    """
)
class EmberForTextEmbedding(EmberPreTrainedModel):
    def __init__(self, config: EmberConfig):
        super().__init__(config)
        self.model = EmberModel(config)
        self.post_init()

    @can_return_tuple
    @auto_docstring
    def forward(
        self,
        input_ids: torch.LongTensor | None = None,
        attention_mask: torch.Tensor | None = None,
        positive_input_ids: torch.LongTensor | None = None,
        positive_attention_mask: torch.Tensor | None = None,
        embedding_size: int | None = None,
        **kwargs: Unpack[TransformersKwargs],
    ) -> EmberTextEmbeddingOutput:
        r"""
        positive_input_ids (`torch.LongTensor` of shape `(batch_size, other_length)`, *optional*):
            For each text one that means the same. Given these, the contrastive loss is computed.
        positive_attention_mask (`torch.Tensor` of shape `(batch_size, other_length)`, *optional*):
            Mask of the padding in `positive_input_ids`.
        embedding_size (`int`, *optional*):
            Cuts the embeddings at this many coordinates, one of `config.embedding_sizes`. Defaults
            to all of them.
        """
        if embedding_size is not None and embedding_size not in self.config.embedding_sizes:
            raise ValueError(
                f"`embedding_size` must be one of {self.config.embedding_sizes}, "
                f"but is {embedding_size}."
            )

        outputs = self.model(input_ids=input_ids, attention_mask=attention_mask, **kwargs)
        pooled = mean_pooling(outputs.last_hidden_state, attention_mask)

        loss = None
        if positive_input_ids is not None:
            positives = self.model(
                input_ids=positive_input_ids, attention_mask=positive_attention_mask, **kwargs
            )
            loss = self.matryoshka_loss(
                pooled, mean_pooling(positives.last_hidden_state, positive_attention_mask)
            )

        return EmberTextEmbeddingOutput(
            loss=loss,
            embeddings=nn.functional.normalize(pooled[:, :embedding_size], dim=-1),
            hidden_states=outputs.hidden_states,
            attentions=outputs.attentions,
        )

    def matryoshka_loss(self, anchors: torch.Tensor, positives: torch.Tensor) -> torch.Tensor:
        """Contrastive loss of batches of shape `(batch_size, hidden_size)`, over all cuts."""
        targets = torch.arange(anchors.shape[0], device=anchors.device)
        losses = []
        for size in self.config.embedding_sizes:
            rows = nn.functional.normalize(anchors[:, :size].float(), dim=-1)
            columns = nn.functional.normalize(positives[:, :size].float(), dim=-1)
            losses.append(
                nn.functional.cross_entropy(rows @ columns.T / self.config.temperature, targets)
            )
        return torch.stack(losses).mean()


__all__ = [
    "EmberConfig",
    "EmberForTextEmbedding",
    "EmberModel",
    "EmberPreTrainedModel",
    "EmberTextEmbeddingOutput",
]
