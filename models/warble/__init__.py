"""Warble, a streaming speech-to-text model. Importing it makes it known to the auto classes of transformers."""

from transformers import AutoConfig, AutoModel, AutoModelForSpeechSeq2Seq

from .configuration_warble import WarbleConfig
from .modeling_warble import WarbleForConditionalGeneration, WarbleModel, WarblePreTrainedModel


AutoConfig.register("warble", WarbleConfig)
AutoModel.register(WarbleConfig, WarbleModel)
AutoModelForSpeechSeq2Seq.register(WarbleConfig, WarbleForConditionalGeneration)

__all__ = ["WarbleConfig", "WarbleForConditionalGeneration", "WarbleModel", "WarblePreTrainedModel"]
