"""What is counted in a unit: its words and its runs of tokens, as stable 32-bit hashes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from parent_finder.core import model_names
from parent_finder.corpus import tokens
from parent_finder.corpus.tokens import Hashes
from parent_finder.corpus.units import CodeUnit

# Runs of this many tokens are counted in a class or function; shorter ones only in a method.
_RUNS = {"class": (3, 5), "function": (3, 5), "method": (3,)}
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_SEEDS = {3: np.uint64(0xD6E8FEB86659FD93), 5: np.uint64(0xA0761D6478BD642F)}
_INTRODUCERS = {
    "class": np.uint64(tokens.token_hash("class")),
    "function": np.uint64(tokens.token_hash("def")),
}


@dataclass(frozen=True)
class UnitFeatures:
    """The counted features of a unit.

    ``hashes`` is sorted and has no repetition, and words are odd in it; ``counts`` has one
    number for each. ``digest`` is equal for equal code, whatever the model or the unit is called
    and however it is formatted and documented. ``size`` is the number of tokens.
    """

    digest: int
    size: int
    hashes: npt.NDArray[np.uint32]
    counts: npt.NDArray[np.uint8]


def features_of(
    text: str, units: Sequence[CodeUnit], model: str, prefix: str
) -> list[UnitFeatures]:
    """The features of each unit of a file."""
    pattern = model_names.name_pattern(model, prefix)
    stream, lines = tokens.hashed_tokens(model_names.without_model_name(text, pattern))
    short = _shortened(stream)
    runs = {length: _shortened(_runs(stream, length)) for length in _SEEDS}
    starts = np.searchsorted(lines, [unit.first_line for unit in units], "left").tolist()
    ends = np.searchsorted(lines, [unit.last_line for unit in units], "right").tolist()
    return [
        _count(stream, short, runs, _after_name(stream, start, end, unit), end, unit)
        for unit, start, end in zip(units, starts, ends, strict=True)
    ]


def _after_name(stream: Hashes, start: int, end: int, unit: CodeUnit) -> int:
    """Where a class or function goes on after its own name, which is not part of its code.

    Its decorators, which come before, do not count. A method's name is a part of it.
    """
    if unit.kind == "method":
        return start
    introducers = np.flatnonzero(stream[start:end] == _INTRODUCERS[unit.kind])
    return min(start + int(introducers[0]) + 2, end) if len(introducers) else start


def _runs(stream: Hashes, length: int) -> Hashes:
    count = max(len(stream) - length + 1, 0)
    value = np.full(count, _SEEDS[length], dtype=np.uint64)
    for offset in range(length):
        value = (value ^ stream[offset : offset + count]) * _MULTIPLIER
        value ^= value >> np.uint64(29)
    even: Hashes = value & ~np.uint64(1)
    return even


def _shortened(hashes: Hashes) -> npt.NDArray[np.uint32]:
    """The upper half with the lowest bit of the whole.

    A library has some million features: that a few hundred fall together changes no ranking.
    """
    upper = (hashes >> np.uint64(32)).astype(np.uint32)
    lowest = (hashes & np.uint64(1)).astype(np.uint32)
    short: npt.NDArray[np.uint32] = (upper & ~np.uint32(1)) | lowest
    return short


def _count(
    stream: Hashes,
    short: npt.NDArray[np.uint32],
    runs: dict[int, npt.NDArray[np.uint32]],
    start: int,
    end: int,
    unit: CodeUnit,
) -> UnitFeatures:
    own = stream[start:end]
    ends = {length: max(end - length + 1, start) for length in _RUNS[unit.kind]}
    parts = [short[start:end], *(runs[length][start:last] for length, last in ends.items())]
    both = np.sort(np.concatenate(parts))
    first = np.ones(len(both), dtype=bool)
    first[1:] = both[1:] != both[:-1]
    places = np.flatnonzero(first)
    # As np.diff with append, which takes longer than all other steps.
    counts = np.empty_like(places)
    counts[:-1] = places[1:] - places[:-1]
    counts[-1:] = len(both) - places[-1:]
    digest = hashlib.blake2b(own.tobytes(), digest_size=8, person=unit.kind.encode()).digest()
    return UnitFeatures(
        int.from_bytes(digest, "little"),
        len(own),
        both[places],
        np.minimum(counts, 255).astype(np.uint8),
    )
