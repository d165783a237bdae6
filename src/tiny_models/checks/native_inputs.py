"""Native inputs of a model's forward pass: what its processor would hand it, made small."""

from __future__ import annotations

import inspect
from typing import Any

from tiny_models.families import families_of
from tiny_models.inputs import audio, series, text, vision
from tiny_models.inputs.placeholders import fill_placeholders


def native_inputs(model: Any) -> dict[str, Any]:
    """Keyword arguments for ``model(**inputs)``, tensors on the CPU, batch of one.

    Made from the parameters of ``forward`` and the config; an entry of the model's family may
    change them.
    """
    return fill_placeholders(model, drafted_inputs(model))


def drafted_inputs(model: Any) -> dict[str, Any]:
    """The native inputs before their texts have placeholders for pictures and sounds."""
    names = set(inspect.signature(model.forward).parameters)
    inputs: dict[str, Any] = {}
    for make in (vision.make, audio.make, series.make, text.make):
        inputs.update(make(model, names, inputs))
    entries = families_of(model.config.model_type, type(model).__name__)
    for entry in entries:
        if entry.recipe is not None:
            inputs = entry.recipe(model, inputs)
    return {name: value for name, value in inputs.items() if value is not None}
