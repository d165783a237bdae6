"""Inputs that a model runs on: the usual ones, or the first of other forms that it takes."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

from tiny_models.checks import checks
from tiny_models.checks.native_inputs import drafted_inputs
from tiny_models.inputs.alternatives import alternatives, with_every_kind
from tiny_models.inputs.modalities import left_out
from tiny_models.inputs.placeholders import fill_placeholders
from tiny_models.inputs.watch import Attempt, watch

# Changes of the inputs on top of each other, and forms to try for each of them.
_ROUNDS = 3
_FORMS = 40
# Modules to pass in all trials of a search: counted, so that the result is the same on any machine.
_MOST_MODULES = 5_000


def working_inputs(model: Any) -> tuple[dict[str, Any], Attempt]:
    """Keyword arguments for ``model(**inputs)`` and the pass with them.

    If the usual inputs fail, or lack a kind of input that ``forward`` names, other forms are tried.
    Those that come furthest are changed further. Without success, the result is that of the usual
    inputs: its attempt has the problem.
    """
    if not checks.has_forward(model):
        return _of_parts(model)
    usual, attempt = try_inputs(model)
    if not attempt.succeeded:
        working = _search(model, usual, attempt)
        if working is None:
            return usual, attempt
        usual, attempt = working
    for inputs in islice(with_every_kind(model, usual), _FORMS):
        complete, other = _try(model, inputs)
        working = (complete, other) if other.succeeded else _search(model, complete, other)
        if working is not None:
            return working
    return usual, attempt


def _of_parts(model: Any) -> tuple[dict[str, Any], Attempt]:
    """Inputs of each model that a model without a `forward` consists of, by the part's name."""
    from transformers import PreTrainedModel

    inputs: dict[str, Any] = {}
    outputs: dict[str, Any] = {}
    for name, part in model.named_children():
        if isinstance(part, PreTrainedModel):
            inputs[name], attempt = working_inputs(part)
            if attempt.problem is not None:
                return inputs, attempt
            outputs[name] = attempt.outputs
    return inputs, Attempt(outputs, None, None, 0)


def try_inputs(model: Any) -> tuple[dict[str, Any], Attempt]:
    """The usual inputs of a model, and the pass with them, whether or not it succeeded."""
    try:
        drafted = drafted_inputs(model)
    except Exception as problem:  # noqa: BLE001 - recorded, and tried otherwise
        # An entry's recipe, or a field that the inputs are made from, does not fit the config.
        return {}, Attempt(None, problem, None, 0)
    return _try(model, drafted)


def _try(model: Any, inputs: Mapping[str, Any]) -> tuple[dict[str, Any], Attempt]:
    filled = dict(inputs)

    def run() -> Any:
        filled.update(fill_placeholders(model, inputs))
        return checks.forward(model, filled)

    attempt = watch(run)
    return filled, attempt


def _search(
    model: Any, inputs: Mapping[str, Any], attempt: Attempt
) -> tuple[dict[str, Any], Attempt] | None:
    """Climbs from one form of the inputs to others that come further; None if none succeeds."""
    wanted = left_out(type(model), inputs)
    passed = 0
    for _ in range(_ROUNDS):
        best, furthest = None, attempt
        for candidate in islice(alternatives(model, inputs, attempt), _FORMS):
            if left_out(type(model), candidate) != wanted:
                continue
            if passed > _MOST_MODULES:
                return None
            filled, other = _try(model, candidate)
            passed += other.completed
            if other.succeeded:
                return filled, other
            if other.completed > furthest.completed:
                best, furthest = candidate, other
        if best is None:
            return None
        inputs, attempt = best, furthest
    return None
