"""Checks that the tests of all models share.

Each takes a model and the keyword arguments of a forward pass.
"""

import json
from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedModel


def check_reload(
    model: PreTrainedModel, inputs: dict[str, Any], folder: Path, auto_class: type | None = None
) -> None:
    """Asserts that a model computes the same once saved to `folder` and loaded again.

    It is loaded by its own class, or by `auto_class` if given.
    """
    model.save_pretrained(folder)
    loader = type(model) if auto_class is None else auto_class
    reloaded, info = loader.from_pretrained(folder, output_loading_info=True)
    assert type(reloaded) is type(model)
    assert not info["missing_keys"] and not info["unexpected_keys"] and not info["mismatched_keys"]
    assert _settings(reloaded) == _settings(model)
    torch.testing.assert_close(forward(reloaded, inputs), forward(model, inputs))


def check_attention_implementations(
    model: PreTrainedModel, inputs: dict[str, Any], mask: torch.Tensor | None = None
) -> None:
    """Asserts that eager attention and torch's fused one compute the same.

    They are compared at the places in `mask` if given, as they may differ where a query sees
    nothing, which is so for padding on the left.
    """
    results = {}
    for implementation in ("eager", "sdpa"):
        model.set_attn_implementation(implementation)
        assert model.config._attn_implementation == implementation
        result = forward(model, inputs)
        results[implementation] = result if mask is None else result[mask]
    torch.testing.assert_close(results["eager"], results["sdpa"], rtol=1e-4, atol=1e-5)


def check_training(model: PreTrainedModel, inputs: dict[str, Any]) -> None:
    """Asserts that the loss reaches every parameter, and that a few steps of training lower it."""
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    losses = []
    for _ in range(5):
        optimizer.zero_grad()
        loss = model(**inputs).loss
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        without = [
            name
            for name, parameter in model.named_parameters()
            if parameter.grad is None or not parameter.grad.isfinite().all()
        ]
        assert not without, f"no gradient, or not a finite one: {without}"
    model.eval()
    assert losses[-1] < losses[0], losses


def _settings(model: PreTrainedModel) -> dict[str, Any]:
    """The configuration as JSON has it, less the data type.

    Loading adds that to the parts of a composite.
    """
    return json.loads(
        model.config.to_json_string(),
        object_hook=lambda node: {key: value for key, value in node.items() if key != "dtype"},
    )


def forward(model: PreTrainedModel, inputs: dict[str, Any]) -> torch.Tensor:
    """The first output of a forward pass without gradients."""
    with torch.no_grad():
        return model.eval()(**inputs, return_dict=True).to_tuple()[0]
