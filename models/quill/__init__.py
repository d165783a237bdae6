"""Quill, a dense decoder. Importing it makes it known to the auto classes of transformers."""

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
