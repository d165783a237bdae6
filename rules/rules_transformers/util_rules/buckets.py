"""Splits what is alike into groups that stay the same whatever else changes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import TypeVar

_Item = TypeVar("_Item")


def buckets(names_of: Mapping[_Item, Sequence[str]], capacity: int) -> list[tuple[_Item, ...]]:
    """Splits items by the bits of their names' hashes until a bucket holds at most `capacity`.

    Where an item goes depends on how many others begin with the same bits, and on nothing else.

    :param names_of: the names of each item, the one to split by first.
    """
    bits_of = {item: "".join(map(_bits, names)) for item, names in names_of.items()}
    result: list[tuple[_Item, ...]] = []
    waiting = [(tuple(bits_of), 0)]
    while waiting:
        items, depth = waiting.pop()
        if len(items) <= capacity or len({bits_of[item] for item in items}) == 1:
            result += [items] if items else []
            continue
        for bit in "10":
            half = tuple(item for item in items if bits_of[item][depth] == bit)
            waiting.append((half, depth + 1))
    return result


def _bits(name: str) -> str:
    return "".join(f"{byte:08b}" for byte in hashlib.sha256(name.encode()).digest())
