"""Quill, a dense decoder. Importing it registers it with the auto classes."""

from transformers import (
    AutoConfig,
    AutoModel,
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
)

from .configuration_quill import QuillConfig
from .modeling_quill import (
    QuillForCausalLM,
    QuillForSequenceClassification,
    QuillForTokenClassification,
    QuillModel,
    QuillPreTrainedModel,
)

AutoConfig.register("quill", QuillConfig)
AutoModel.register(QuillConfig, QuillModel)
AutoModelForCausalLM.register(QuillConfig, QuillForCausalLM)
AutoModelForSequenceClassification.register(QuillConfig, QuillForSequenceClassification)
AutoModelForTokenClassification.register(QuillConfig, QuillForTokenClassification)

__all__ = [
    "QuillConfig",
    "QuillForCausalLM",
    "QuillForSequenceClassification",
    "QuillForTokenClassification",
    "QuillModel",
    "QuillPreTrainedModel",
]
