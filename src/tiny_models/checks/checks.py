"""Checks of a model: a forward pass, a round trip through files, generation, a gradient."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Mapping
from typing import Any

from tiny_models.core.errors import CheckFailed


def forward(model: Any, inputs: Mapping[str, Any]) -> Any:
    """The outputs of one pass without gradients, all generators seeded.

    Of a class without a `forward`, those of its parts, each with the inputs under its name.
    """
    import torch

    if not has_forward(model):
        return {name: forward(getattr(model, name), part) for name, part in inputs.items()}
    torch.manual_seed(0)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model(**copy.deepcopy(dict(inputs)))


def has_forward(model: Any) -> bool:
    """Whether a class can be called, or only generates by calling its parts, as Bark does."""
    import torch

    return type(model).forward is not torch.nn.Module.forward


def tensors(output: Any, prefix: str = "") -> dict[str, Any]:
    """Every tensor in an output, by its path."""
    import torch

    if isinstance(output, torch.Tensor):
        return {prefix or "output": output}
    if isinstance(output, Mapping):
        items = list(output.items())
    elif isinstance(output, (list, tuple)):
        items = list(enumerate(output))
    elif hasattr(output, "__dict__") and type(output).__module__.startswith("transformers"):
        items = list(vars(output).items())
    else:
        return {}
    by_name: dict[str, Any] = {}
    for key, value in items:
        by_name.update(tensors(value, f"{prefix}.{key}" if prefix else str(key)))
    return by_name


def require_outputs(output: Any) -> dict[str, Any]:
    """The tensors of an output. Raises CheckFailed if there is none, or one holds NaN."""
    by_name = tensors(output)
    if not by_name:
        raise CheckFailed("the forward pass gives no tensor")
    for name, tensor in by_name.items():
        if tensor.is_floating_point() and bool(tensor.isnan().any()):
            raise CheckFailed(f"the forward pass gives NaN in `{name}`")
    return by_name


def require_equal(before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Raises CheckFailed if two outputs are not bit-identical."""
    import torch

    if before.keys() != after.keys():
        raise CheckFailed("the reloaded model gives other outputs than the saved one")
    for name, tensor in before.items():
        other = after[name]
        if tensor.dtype != other.dtype or tensor.shape != other.shape:
            raise CheckFailed(f"`{name}` has another form after reloading")
        if not torch.equal(tensor, other):
            gap = (tensor.double() - other.double()).abs().max().item()
            raise CheckFailed(f"`{name}` differs by up to {gap:.3g} after reloading")


def load(model_class: Any, directory: str) -> Any:
    """The model from its directory. Raises CheckFailed on missing or unexpected tensors."""
    from transformers import PreTrainedModel

    settings = {"dtype": "auto", "local_files_only": True}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            model, report = model_class.from_pretrained(
                directory, output_loading_info=True, use_safetensors=True, **settings
            )
        except AttributeError:
            # In transformers 5.23 and 5.24 a decision model's own method expects a model alone.
            model = model_class.from_pretrained(directory, use_safetensors=True, **settings)
            load_again = PreTrainedModel.from_pretrained.__func__
            _, report = load_again(
                model_class, directory, output_loading_info=True, use_safetensors=True, **settings
            )
    for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"):
        if report.get(kind):
            listed = ", ".join(str(key) for key in sorted(report[kind])[:3])
            raise CheckFailed(f"loading reports {kind.replace('_', ' ')}: {listed}")
    realign(model)
    return model.eval()


def realign(model: Any) -> None:
    """Moves every tensor to memory of its own, as tied ones stay tied.

    Tensors of a mapped file start anywhere, and matrix products take other paths there, which
    round otherwise.
    """
    import torch

    with torch.no_grad():
        for tensor in (*model.parameters(), *model.buffers()):
            tensor.data = tensor.data.clone(memory_format=torch.contiguous_format)


def gradient(model: Any, inputs: Mapping[str, Any]) -> None:
    """Raises CheckFailed if no parameter gets a finite gradient from the outputs' sum."""
    import torch

    model.zero_grad(set_to_none=True)
    output = model(**copy.deepcopy(dict(inputs)))
    parts = [
        tensor.float().pow(2).mean() for tensor in tensors(output).values() if tensor.requires_grad
    ]
    if not parts:
        raise CheckFailed("no output depends on the parameters")
    torch.stack(parts).sum().backward()
    gradients = [parameter.grad for parameter in model.parameters() if parameter.grad is not None]
    model.zero_grad(set_to_none=True)
    if not gradients or not any(
        bool(gradient.abs().max() > 0) for gradient in gradients if gradient.numel()
    ):
        raise CheckFailed("no parameter gets a gradient")
    if not all(bool(gradient.isfinite().all()) for gradient in gradients):
        raise CheckFailed("a gradient is not finite")
