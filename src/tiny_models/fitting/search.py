"""Changes of a config, one on top of the other, until the model is made and runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from tiny_models.checks.working_inputs import try_inputs, working_inputs
from tiny_models.config.shrink import Adjustments
from tiny_models.fitting.fields import adjusted
from tiny_models.fitting.proposals import TooLarge, proposals
from tiny_models.inputs.modalities import left_out
from tiny_models.vocabulary.token_ids import parts
from tiny_models.weights.model import count_parameters

# Changes on top of each other, and configs to try for each of them.
_ROUNDS = 7
_TRIALS = 40
# Modules to make in all trials together: counted, so that the result is the same on any machine.
_MOST_MODULES = 10_000
_CONFIG, _TOO_LARGE, _MODEL, _PASS, _DONE = range(5)


@dataclass(frozen=True)
class _Try:
    """How far one config came: the step, and how many modules were made or passed.

    ``cost`` counts all modules that were made.
    """

    step: int
    count: int
    problem: Exception | None
    config: Any
    model: Any
    cost: int = 1


def fit(
    model_class: Any, config_class: Any, make: Callable[[Adjustments], Any], most: int
) -> Adjustments | None:
    """Adjustments with which ``make`` gives a config that ``model_class`` runs with.

    The model has at most ``most`` parameters. None if the search finds none. Only the usual inputs
    are tried for each config, and other forms of the inputs for one that comes a step further.
    """
    adjustments: Adjustments = {}
    last = _attempt(model_class, make, adjustments, most)
    if _runs(last):
        return adjustments
    made = 0
    for _ in range(_ROUNDS):
        if last.problem is None:
            return adjustments
        best: tuple[Adjustments, _Try] | None = None
        tiny = [] if last.config is None else list(parts(last.config))
        for proposal in islice(proposals(last.problem, config_class, tiny), _TRIALS):
            if made > _MOST_MODULES:
                break
            candidate = adjusted(adjustments, *proposal)
            result = _attempt(model_class, make, candidate, most)
            made += result.cost
            if result.step == _DONE:
                return candidate
            if _is_further(result, last) and (best is None or _is_further(result, best[1], True)):
                best = candidate, result
                if result.step > last.step or result.step == _CONFIG:
                    break
        if best is None:
            break
        adjustments, further = best
        # The search of inputs is the dearest part.
        if further.step > last.step and _runs(further):
            return adjustments
        last = further
    return adjustments if _runs(last) else None


def _is_further(result: _Try, other: _Try, strictly: bool = False) -> bool:
    """Whether one config came further; for two that are refused, whether for another reason."""
    if result.step == other.step == _CONFIG:
        return not strictly and _kind(result.problem) != _kind(other.problem)
    return (result.step, result.count) > (other.step, other.count)


def _kind(problem: Exception | None) -> str:
    return "".join(letter for letter in str(problem) if not letter.isdigit())


def _runs(last: _Try) -> bool:
    if last.step == _DONE:
        return True
    if last.step != _PASS:
        return False
    inputs, attempt = working_inputs(last.model)
    return attempt.succeeded and not left_out(type(last.model), inputs)


def _attempt(
    model_class: Any,
    make: Callable[[Adjustments], Any],
    adjustments: Mapping[str, Any],
    most: int,
) -> _Try:
    import torch
    from torch.nn.modules.module import register_module_module_registration_hook

    try:
        config = make(adjustments)
    except Exception as problem:  # noqa: BLE001 - it leads to the next proposal
        # Whatever a config class raises on values that it was not made for.
        return _Try(_CONFIG, 0, problem, None, None)
    made = cost = 0

    def count(*_arguments: Any) -> None:
        nonlocal made
        made += 1

    hook = register_module_module_registration_hook(count)
    try:
        parameters = count_parameters(model_class, config) or 0
        if parameters > most:
            return _Try(_TOO_LARGE, -parameters, TooLarge(), config, None, made)
        cost, made = made, 0
        torch.manual_seed(0)
        model = model_class._from_config(config, dtype=torch.float32).eval()
    except Exception as problem:  # noqa: BLE001 - it leads to the next proposal
        return _Try(_MODEL, made, problem, config, None, cost + made)
    finally:
        hook.remove()
    inputs, attempt = try_inputs(model)
    if attempt.problem is not None:
        return _Try(_PASS, attempt.completed, attempt.problem, config, model, cost + made)
    lacking = left_out(type(model), inputs)
    if lacking:
        lack = ValueError(f"takes {' and '.join(lacking)}, but ran without")
        return _Try(_PASS, attempt.completed, lack, config, model, cost + made)
    return _Try(_DONE, 0, None, config, model, cost + made)
