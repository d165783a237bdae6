"""Rotary position parameters for small heads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tiny_models.config.field_rules import HEAD_DIM, POSITIONS


def shrink_rope(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters with sections and factors that fit the tiny head, also of several kinds."""
    result: dict[str, Any] = {}
    for name, value in parameters.items():
        if isinstance(value, Mapping):
            result[name] = shrink_rope(value)
        elif name.endswith("mrope_section") and isinstance(value, (list, tuple)):
            result[name] = _sections(len(value), parameters)
        elif name in ("long_factor", "short_factor") and isinstance(value, (list, tuple)):
            result[name] = [1.0] * (HEAD_DIM // 2)
        elif name == "original_max_position_embeddings" and isinstance(value, int):
            result[name] = min(value, POSITIONS)
        else:
            result[name] = value
    return result


def _sections(parts: int, parameters: Mapping[str, Any]) -> list[int]:
    share = parameters.get("partial_rotary_factor") or 1.0
    room = max(1, int(HEAD_DIM * share) // 2)
    rest = room // parts
    return [room - rest * (parts - 1), *[rest] * (parts - 1)]
