"""A model with random weights, made on the device: nothing is read and nothing is copied there."""

from __future__ import annotations

import hashlib
import math
from functools import partial
from typing import Any

from gpu_bench.models.tensor_parallel import no_reports, set_values, shared

# Its dimensions; a parameter that holds the weights of several experts has more.
_MATRIX = 2


def random_model(model_class: Any, config: Any, request: Any, device: Any) -> Any:
    """A model of ``model_class`` in eval mode, its parameters allocated on ``device``.

    The model initialises itself, so that norms, rotary frequencies and the parameters of state
    spaces are what its code says; then :func:`fill` gives the matrices values that depend on
    nothing but the seed and their names. Two revisions that build their layers in another order
    so have the same weights.
    """
    import torch

    dtype = getattr(torch, request.dtype)
    torch.manual_seed(request.seed)
    if request.ranks > 1:
        # Transformers shares what it loads. Of weights that it does not find, it initialises each,
        # and would report it.
        with no_reports():
            model = model_class.from_pretrained(
                None,
                config=config,
                state_dict={},
                use_safetensors=True,
                attn_implementation=request.attn_implementation,
                **{dtype_keyword(config): dtype},
                **shared(request),
            )
        fill(model, request.seed)
        return model.eval()
    with torch.device(device):
        model = model_class._from_config(
            config,
            attn_implementation=request.attn_implementation,
            **{dtype_keyword(config): dtype},
        )
    # Some modules keep float32 of their own accord, as `from_pretrained` would leave them.
    model = model.to(device)
    fill(model, request.seed)
    return model.eval()


def fill(model: Any, seed: int) -> None:
    """Overwrites each matrix by normal values of standard deviation 1/sqrt(fan-in), in place.

    Drawn on the parameter's device by a generator that is seeded from ``seed`` and the name.
    Vectors (norms, biases) and matrices that are not weights of a layer keep what they have.
    """
    import torch

    layers = (torch.nn.Linear, torch.nn.Embedding, torch.nn.modules.conv._ConvNd)
    seen: set[int] = set()
    with torch.no_grad():
        for module_name, module in model.named_modules():
            for name, parameter in module.named_parameters(recurse=False):
                full_name = f"{module_name}.{name}" if module_name else name
                is_weight = isinstance(module, layers) or parameter.dim() > _MATRIX
                if parameter.dim() < _MATRIX or not is_weight or id(parameter) in seen:
                    continue
                # A tied weight is one parameter with two names: the first that is found counts.
                seen.add(id(parameter))
                generator = torch.Generator(device=parameter.device)
                generator.manual_seed(keyed_seed(seed, full_name))
                deviation = 1 / math.sqrt(fan_in(parameter.shape, isinstance(module, layers)))
                draw = partial(torch.Tensor.normal_, mean=0.0, std=deviation, generator=generator)
                set_values(parameter, draw)


def keyed_seed(seed: int, name: str) -> int:
    """63 bits that depend on the seed and the name alone."""
    digest = hashlib.sha256(f"{seed}\0{name}".encode()).digest()
    return int.from_bytes(digest[:8], "little") >> 1


def fan_in(shape: Any, is_layer: bool) -> int:
    """How many values a unit sums over. Stacked experts hold a matrix each: the last dimension."""
    return max(1, int(math.prod(shape[1:]) if is_layer else shape[-1]))


def dtype_keyword(config: Any) -> str:
    """What models take their dtype by: `torch_dtype` before transformers 4.56."""
    return "dtype" if hasattr(config, "dtype") else "torch_dtype"
