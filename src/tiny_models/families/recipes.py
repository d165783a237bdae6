"""Recipes that several families share. Each changes or completes the inputs made so far."""

from __future__ import annotations

from typing import Any

from tiny_models.families.family import Recipe


def in_front(name: str, count: int = 1) -> Recipe:
    """One more dimension in an input, after the batch: pictures of a sample, frames of a video."""

    def recipe(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
        value = inputs[name][:, None]
        return {**inputs, name: value.repeat(1, count, *[1] * (value.dim() - 2))}

    return recipe


def frames_first(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """Spectrograms with time before frequency."""
    changed = dict(inputs)
    if "input_features" in changed:
        changed["input_features"] = changed["input_features"].transpose(1, 2).contiguous()
    return changed


def without(*names: str) -> Recipe:
    """Leaves inputs out."""

    def recipe(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in inputs.items() if name not in names}

    return recipe


def adding(**shapes: tuple[int, ...]) -> Recipe:
    """More inputs: noise of the given shapes."""

    def recipe(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
        from tiny_models.inputs.values import floats

        return {**inputs, **{name: floats(name, *shape) for name, shape in shapes.items()}}

    return recipe


def ids_like(name: str, source: str = "input_ids") -> Recipe:
    """One more input of token ids, equal to another."""

    def recipe(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
        return {**inputs, name: inputs[source].clone()}

    return recipe
