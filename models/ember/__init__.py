"""Ember, a text embedding model. Importing it registers it with the auto classes."""

from transformers import AutoConfig, AutoModel

from .configuration_ember import EmberConfig
from .modeling_ember import (
    EmberForTextEmbedding,
    EmberModel,
    EmberPreTrainedModel,
    EmberTextEmbeddingOutput,
)

AutoConfig.register("ember", EmberConfig)
AutoModel.register(EmberConfig, EmberModel)

__all__ = [
    "EmberConfig",
    "EmberForTextEmbedding",
    "EmberModel",
    "EmberPreTrainedModel",
    "EmberTextEmbeddingOutput",
]
