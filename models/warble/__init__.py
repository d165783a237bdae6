"""Warble, a streaming speech-to-text model. Importing it registers it with the auto classes."""

from transformers import (
    AutoConfig,
    AutoFeatureExtractor,
    AutoModel,
    AutoModelForSpeechSeq2Seq,
    AutoProcessor,
    Wav2Vec2Processor,
)

from .configuration_warble import WarbleConfig
from .feature_extraction_warble import WarbleFeatureExtractor
from .modeling_warble import WarbleForConditionalGeneration, WarbleModel, WarblePreTrainedModel

AutoConfig.register("warble", WarbleConfig)
AutoFeatureExtractor.register(WarbleConfig, WarbleFeatureExtractor)
AutoProcessor.register(WarbleConfig, Wav2Vec2Processor)
AutoModel.register(WarbleConfig, WarbleModel)
AutoModelForSpeechSeq2Seq.register(WarbleConfig, WarbleForConditionalGeneration)

__all__ = [
    "WarbleConfig",
    "WarbleFeatureExtractor",
    "WarbleForConditionalGeneration",
    "WarbleModel",
    "WarblePreTrainedModel",
]
