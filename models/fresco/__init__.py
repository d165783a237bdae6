"""Fresco, a vision encoder. Importing it registers it with the auto classes."""

from transformers import (
    AutoConfig,
    AutoImageProcessor,
    AutoModel,
    AutoModelForImageClassification,
)

from .configuration_fresco import FrescoConfig
from .image_processing_fresco import FrescoImageProcessor
from .modeling_fresco import FrescoForImageClassification, FrescoModel, FrescoPreTrainedModel

AutoConfig.register("fresco", FrescoConfig)
AutoImageProcessor.register(FrescoConfig, image_processor_classes={"pil": FrescoImageProcessor})
AutoModel.register(FrescoConfig, FrescoModel)
AutoModelForImageClassification.register(FrescoConfig, FrescoForImageClassification)

__all__ = [
    "FrescoConfig",
    "FrescoForImageClassification",
    "FrescoImageProcessor",
    "FrescoModel",
    "FrescoPreTrainedModel",
]
