"""Which stages a backbone hands on, when it has fewer layers than before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tiny_models.config.layers import COUNTS


def public_out_indices(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values with what a backbone hands on under the name that its config class takes."""
    result = dict(values)
    result.pop("_out_features", None)
    indices = result.pop("_out_indices", None)
    return {**result, "out_indices": list(indices)} if indices else result


def with_out_indices(start: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values with ``out_indices`` that exist in the tiny model, as many as before.

    A backbone whose stages are its layers gets as many layers as it hands on, and hands on the
    last ones. One with a list of depths keeps its stages.
    """
    result = {
        name: value
        for name, value in values.items()
        if name not in ("_out_indices", "_out_features")
    }
    indices = vars(start).get("_out_indices") if start is not None else None
    if not indices:
        return result
    stages = len(vars(start).get("stage_names") or getattr(start, "stage_names", None) or ())
    count = next((name for name in COUNTS if isinstance(vars(start).get(name), int)), None)
    if count is None or vars(start)[count] + 1 != stages:
        result["out_indices"] = list(indices)
        return result
    layers = max(result.get(count, vars(start)[count]), len(indices))
    result[count] = layers
    result["out_indices"] = list(range(layers - len(indices) + 1, layers + 1))
    return result
