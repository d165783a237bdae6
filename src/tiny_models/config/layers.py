"""Fewer layers, of every kind that the full model has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tiny_models.config.field_rules import LAYERS

# Enough for models that mix four kinds of layers.
MOST_LAYERS = 4
COUNTS = ("num_hidden_layers", "n_layer", "n_layers", "num_layers", "depth")


def select_layers(start: Any, values: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Replacements for a config's lists with one item per layer, and for the layer count.

    A list is taken as one per layer when it is as long as the model is deep. The first layer of
    each kind is kept, so that each kind of layer stays in the model, and at least two layers.
    """
    if start is None:
        return {}
    present = list(names)
    count_name = next((name for name in COUNTS if name in present), None)
    count = vars(start).get(count_name) if count_name else None
    if count_name is None or not isinstance(count, int) or count <= LAYERS:
        return {}
    lists = {
        name: vars(start)[name]
        for name in present
        if isinstance(vars(start).get(name), (list, tuple)) and len(vars(start)[name]) == count
    }
    if not lists:
        return {}
    kept = _kept(lists, count)
    chosen: dict[str, Any] = {
        name: [entries[index] for index in kept] for name, entries in lists.items()
    }
    chosen[count_name] = len(kept)
    return {
        name: value if name == count_name or _is_kind(value) else values.get(name, value)
        for name, value in chosen.items()
    } | {
        name: [values[name][index] for index in kept]
        for name in lists
        if name in values and isinstance(values[name], (list, tuple)) and len(values[name]) == count
    }


def _kept(lists: Mapping[str, Any], count: int) -> list[int]:
    kinds = [entries for entries in lists.values() if _is_kind(entries)] or list(lists.values())
    first: dict[str, int] = {}
    for index in range(count):
        first.setdefault(repr([kind[index] for kind in kinds]), index)
    kept = sorted(first.values())[:MOST_LAYERS]
    for index in range(count):
        if len(kept) >= LAYERS:
            break
        if index not in kept:
            kept.append(index)
    return sorted(kept)


def _is_kind(values: Any) -> bool:
    return all(isinstance(value, (str, bool)) for value in values)


def follow_count(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Lists per layer, as long as a new layer count: cut, or gone on with from the beginning.

    ``before`` are the values that the lists fitted; a list that was replaced too stays as it is.
    """
    resized: dict[str, Any] = {}
    for count in COUNTS:
        old, new = before.get(count), after.get(count)
        if not isinstance(old, int) or not isinstance(new, int) or old == new or new < 0:
            continue
        for name, value in before.items():
            fits = isinstance(value, list) and len(value) == old and _is_per_layer(name, value)
            if fits and after.get(name) is value:
                resized[name] = [value[index % old] for index in range(new)]
    return resized


def _is_per_layer(name: str, value: list[Any]) -> bool:
    return "layer" in name or (bool(value) and _is_kind(value))
