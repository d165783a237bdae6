"""Newt: a llama whose feed-forward block squares the rectified activation and has no gate."""

from huggingface_hub.dataclasses import strict
from transformers.models.llama.configuration_llama import LlamaConfig
from transformers.models.llama.modeling_llama import (  # modular: ignore[rename-in-url]
    LlamaForCausalLM,
    LlamaMLP,
)
from transformers.utils import auto_docstring


@auto_docstring(custom_intro="This is the configuration class of a [`NewtModel`].")
@strict
class NewtConfig(LlamaConfig):
    r"""
    ```python
    >>> from acme.models.newt import NewtConfig, NewtModel

    >>> model = NewtModel(NewtConfig())
    ```"""

    model_type = "newt"

    hidden_act: str = "relu2"


class NewtMLP(LlamaMLP):
    def __init__(self, config):
        super().__init__(config)
        del self.gate_proj

    def forward(self, x):
        return self.down_proj(self.act_fn(self.up_proj(x)))


class NewtForCausalLM(LlamaForCausalLM):
    pass


__all__ = ["NewtConfig", "NewtForCausalLM", "NewtModel", "NewtPreTrainedModel"]  # noqa: F822
