"""Palette, a vision-language model. Importing it registers it with the auto classes."""

from transformers import (
    AutoConfig,
    AutoImageProcessor,
    AutoModel,
    AutoModelForImageTextToText,
    AutoProcessor,
)

from .. import fresco, quill  # noqa: F401  (the default encoder and language model)
from .configuration_palette import PaletteConfig
from .image_processing_palette import PaletteImageProcessor
from .modeling_palette import PaletteForConditionalGeneration, PaletteModel, PalettePreTrainedModel
from .processing_palette import PaletteProcessor

AutoConfig.register("palette", PaletteConfig)
AutoImageProcessor.register(PaletteConfig, image_processor_classes={"pil": PaletteImageProcessor})
AutoProcessor.register(PaletteConfig, PaletteProcessor)
AutoModel.register(PaletteConfig, PaletteModel)
AutoModelForImageTextToText.register(PaletteConfig, PaletteForConditionalGeneration)

__all__ = [
    "PaletteConfig",
    "PaletteForConditionalGeneration",
    "PaletteImageProcessor",
    "PaletteModel",
    "PalettePreTrainedModel",
    "PaletteProcessor",
]
