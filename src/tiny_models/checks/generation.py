"""The check of generation."""

from __future__ import annotations

import warnings
from typing import Any

from tiny_models.checks.working_inputs import working_inputs
from tiny_models.core.errors import CheckFailed


def generate(model: Any, count: int) -> list[int]:
    """``count`` new tokens by greedy search. Raises CheckFailed if the class cannot generate."""
    import torch

    if not model.can_generate():
        raise CheckFailed(
            f"{type(model).__name__} does not generate", hint="leave `generate` out of `checks`"
        )
    inputs, _ = working_inputs(model)
    inputs.pop("decoder_input_ids", None)
    torch.manual_seed(0)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        given = inputs.get("input_ids")
        result = model.generate(
            **inputs, do_sample=False, min_new_tokens=count, max_new_tokens=count
        )
    if not isinstance(result, torch.Tensor):
        result = getattr(result, "sequences", None)
    if result is None or result.numel() == 0:
        raise CheckFailed("generation gives no tokens")
    skip = given.shape[1] if given is not None and result.shape[1] > count + 1 else 0
    return [int(token) for token in result[0].flatten()[skip:].tolist()]
