"""Ember, a text embedding model. Importing it makes it known to the auto classes of transformers."""

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
