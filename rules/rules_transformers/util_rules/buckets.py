"""Splits what is alike into groups that stay nearly the same whatever else changes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os.path import commonprefix
from typing import TypeVar

_Item = TypeVar("_Item")


@dataclass(frozen=True)
class _Name:
    """The name by which an item is placed, and the bits of its hashes."""

    first: str
    bits: str


def buckets(
    names_of: Mapping[_Item, Sequence[str]], capacity: int, *, mixed: int | None = None
) -> list[tuple[_Item, ...]]:
    """Splits items by the bits of their names' hashes until a bucket holds at most `capacity`.

    Neighbours that fit into one bucket are joined again, where they were split: halves are seldom
    equal. Where an item goes depends on the items whose bits begin alike, so that another one
    changes few buckets.

    :param names_of: the names of each item, the one to split by first.
    :param mixed: how many items a bucket may hold that differ in their first names; by default,
        as many as any.
    """
    name_of = {
        item: _Name(names[0], "".join(map(_bits, names))) for item, names in names_of.items()
    }

    def fit(items: tuple[_Item, ...]) -> bool:
        alike = len({name_of[item].first for item in items}) == 1
        return len(items) <= (capacity if mixed is None or alike else mixed)

    def split(items: tuple[_Item, ...]) -> list[tuple[_Item, ...]]:
        all_bits = [name_of[item].bits for item in items]
        depth = len(commonprefix(all_bits))
        if fit(items) or depth == len(all_bits[0]):
            return [items]
        left, right = (
            split(tuple(item for item in items if name_of[item].bits[depth] == bit)) for bit in "01"
        )
        if fit(left[-1] + right[0]):
            return [*left[:-1], left[-1] + right[0], *right[1:]]
        return left + right

    return split(tuple(name_of)) if name_of else []


def _bits(name: str) -> str:
    return "".join(f"{byte:08b}" for byte in hashlib.sha256(name.encode()).digest())
