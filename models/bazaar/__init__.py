"""Bazaar, a mixture-of-experts decoder. Importing it registers it with the auto classes."""

from transformers import AutoConfig, AutoModel, AutoModelForCausalLM

from .configuration_bazaar import BazaarConfig
from .modeling_bazaar import BazaarForCausalLM, BazaarModel, BazaarPreTrainedModel

AutoConfig.register("bazaar", BazaarConfig)
AutoModel.register(BazaarConfig, BazaarModel)
AutoModelForCausalLM.register(BazaarConfig, BazaarForCausalLM)

__all__ = ["BazaarConfig", "BazaarForCausalLM", "BazaarModel", "BazaarPreTrainedModel"]
