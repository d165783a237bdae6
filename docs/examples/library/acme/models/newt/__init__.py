from acme.models.newt.configuration_newt import NewtConfig
from acme.models.newt.modeling_newt import NewtForCausalLM, NewtModel

__all__ = ["NewtConfig", "NewtForCausalLM", "NewtModel"]
