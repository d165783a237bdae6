"""Time series."""

from __future__ import annotations

from typing import Any

from tiny_models.inputs.values import first, floats, lookup


def make(model: Any, names: set[str], sofar: dict[str, Any]) -> dict[str, Any]:
    """Inputs of forecasting models, where ``forward`` has them."""
    import torch

    if "past_values" not in names:
        return {}
    config = model.config
    length = first(lookup(config, "context_length", default=32) or 32)
    channels = first(lookup(config, "num_input_channels", "input_size", default=1))
    made: dict[str, Any] = {"past_values": floats("past_values", 1, length, channels)}
    if "past_observed_mask" in names:
        made["past_observed_mask"] = torch.ones(1, length, channels)
    return made
