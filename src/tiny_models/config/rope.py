"""Rotary position parameters for small heads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tiny_models.config.field_rules import HEAD_DIM, POSITIONS

FIELD = "rope_parameters"
# The fields of configs before transformers 5, which its config classes still take.
FORMER_FIELDS = ("rope_theta", "rope_scaling", "partial_rotary_factor")


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


def with_rope_parameters(values: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """The values with former rotary fields as ``rope_parameters``.

    ``names`` are the fields of the config class; one that still has a former field keeps it.
    """
    names = set(names)
    former = {
        name: value
        for name, value in values.items()
        if name in FORMER_FIELDS and name not in names and FIELD in names
    }
    result = {name: value for name, value in values.items() if name not in former}
    if former:
        scaling = former.pop("rope_scaling", {})
        parameters = {"rope_type": "default"} if scaling is None else dict(scaling)
        result[FIELD] = {**parameters, **former, **values.get(FIELD, {})}
    return result


def merged_rope(before: Any, value: Mapping[str, Any]) -> dict[str, Any]:
    """Rotary parameters with some replaced; those of several kinds of layers, in each of them.

    Another ``rope_type`` keeps of the former only what every type has.
    """
    if not isinstance(before, Mapping):
        return dict(value)
    if any(isinstance(kind, Mapping) for kind in value.values()):
        kinds = {
            name: merged_rope(before.get(name), kind) if isinstance(kind, Mapping) else kind
            for name, kind in value.items()
        }
        return {**before, **kinds}
    if any(isinstance(kind, Mapping) for kind in before.values()):
        return {
            name: merged_rope(kind, value) if isinstance(kind, Mapping) else kind
            for name, kind in before.items()
        }
    if value.get("rope_type", before.get("rope_type")) != before.get("rope_type"):
        shared = ("rope_theta", "partial_rotary_factor")
        before = {name: before[name] for name in shared if name in before}
    return {**before, **value}
