"""Where a history of runs changes its level: steps that single comparisons are too short for.

Binary segmentation with a permutation test. The division that explains most of the differences is a
change if it explains more than almost every division of the same values in random order; then its
parts are searched in the same way. First the series is divided in two; if that shows nothing, a
stretch is compared with all that is around it (circular binary segmentation, Olshen and others,
2004, doi:10.1093/biostatistics/kxh008), because a rise and a fall can hide each other. Values
that lie far off are moved to ``_FAR``, so that a single bad run means little.

A series without a change has one found with probability ``FALSE_ALARM`` at most, whatever the
distribution of its values, if they do not depend on each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from gpu_bench.judge import intervals
from gpu_bench.judge.intervals import Difference, Values

FALSE_ALARM = 0.01
# One or two runs may be chance; they show as a step once the next ones agree.
SHORTEST = 3
# Below, too few orders of the values exist for a change to be beyond chance.
FEWEST = 10
# The number of stretches grows with the square.
MOST = 120

_SHUFFLES = 1999
_AT_ONCE = 100
# In standard deviations, by the median's. With less, short steps are lost; with more, bad runs hide
# steps.
_FAR = 3.0
# How the probability of a false alarm is shared: most histories have steps that stay.
_IN_TWO = 0.8 * FALSE_ALARM
_STRETCH = 0.2 * FALSE_ALARM

_Indices = NDArray[np.intp]
_Divisions = tuple[_Indices, _Indices]


@dataclass(frozen=True)
class Step:
    """A change of level: ``place`` is the first value after it, ``difference`` of logarithms."""

    place: int
    difference: Difference


def steps(values: Sequence[float]) -> tuple[Step, ...]:
    """The steps in positive values, oldest first; only the last ``MOST`` values are searched."""
    left_out = max(len(values) - MOST, 0)
    logs = np.log(np.array(values[left_out:], dtype=float))
    places = _kept(logs, sorted(_places(logs, 0, np.random.default_rng(0))))
    neighbours = zip([0, *places], places, [*places[1:], len(logs)], strict=False)
    return tuple(
        Step(left_out + place, _difference(logs[before:place], logs[place:after]))
        for before, place, after in neighbours
    )


def _places(logs: Values, offset: int, rng: np.random.Generator) -> set[int]:
    """Where the level changes, counted from ``offset``."""
    if len(logs) < FEWEST:
        return set()
    divisions = _divisions(len(logs))
    division = _division(logs, divisions[0], _IN_TWO, rng)
    if division is None:
        division = _division(logs, divisions[1], _STRETCH, rng)
    if division is None:
        return set()
    places = [place for place in division if 0 < place < len(logs)]
    pieces = zip([0, *places], [*places, len(logs)], strict=True)
    deeper = (_places(logs[first:end], offset + first, rng) for first, end in pieces)
    return {offset + place for place in places}.union(*deeper)


def _kept(logs: Values, places: list[int]) -> list[int]:
    """Without places at which the two sides do not differ: a stretch may have needed one end."""
    if len(places) <= 1:
        return places
    for index, place in enumerate(places):
        before, after = [0, *places][index], [*places, len(logs)][index + 1]
        chance = stats.mannwhitneyu(logs[before:place], logs[place:after]).pvalue
        if chance > 1 - intervals.CONFIDENCE:
            return _kept(logs, [other for other in places if other != place])
    return places


def _division(
    logs: Values, divisions: _Divisions, allowed: float, rng: np.random.Generator
) -> tuple[int, int] | None:
    """The division that explains most, or None if chance does as well more often than allowed."""
    values = _without_outliers(logs)
    explained = _explained(values[None], divisions)[0]
    best = int(np.argmax(explained))
    # What is equal up to rounding is as much.
    limit = float(explained[best]) * (1 - 1e-9)
    most = round(allowed * (_SHUFFLES + 1)) - 1
    as_much = 0
    for drawn in range(0, _SHUFFLES, _AT_ONCE):
        number = min(_AT_ONCE, _SHUFFLES - drawn)
        shuffled = rng.permuted(np.tile(values, (number, 1)), axis=1)
        as_much += int(np.sum(_explained(shuffled, divisions).max(axis=1) >= limit))
        if as_much > most:
            return None
    return int(divisions[0][best]), int(divisions[1][best])


def _without_outliers(logs: Values) -> Values:
    """The values about their mean, far ones moved closer. Does not depend on their order."""
    middle = intervals.median(logs)
    spread = 1.4826 * intervals.median(np.abs(logs - middle))
    # If most values are equal, the others are not far off but all that there is.
    moved = np.clip(logs, middle - _FAR * spread, middle + _FAR * spread) if spread else logs
    values: Values = moved - np.mean(moved)
    return values


def _explained(values: Values, divisions: _Divisions) -> Values:
    """In proportion to the sum of squares between a stretch and the rest, by row of ``values``.

    The mean of each row is 0.
    """
    first, end = divisions
    number = len(values[0])
    sums = np.concatenate([np.zeros((len(values), 1)), np.cumsum(values, axis=1)], axis=1)
    length = end - first
    explained: Values = (sums[:, end] - sums[:, first]) ** 2 / (length * (number - length))
    return explained


@lru_cache(maxsize=MOST)
def _divisions(number: int) -> tuple[_Divisions, _Divisions]:
    """First and end of the stretches up to the end of so many values, and of those within them.

    No piece is shorter than ``SHORTEST``.
    """
    first, end = np.triu_indices(number + 1, SHORTEST)
    rest = number - end
    begins_within = first >= SHORTEST
    in_two, within = begins_within & (rest == 0), begins_within & (rest >= SHORTEST)
    return (first[in_two], end[in_two]), (first[within], end[within])


def _difference(before: Values, after: Values) -> Difference:
    base, new = (intervals.Side(side, np.zeros(len(side)), len(side)) for side in (before, after))
    return intervals.difference(base, new)
