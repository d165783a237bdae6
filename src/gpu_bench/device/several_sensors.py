"""The sensors of several cards that work on one model, read one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from typing import TypeVar

from gpu_bench.device.telemetry import Reading, Sensors

_Figure = TypeVar("_Figure")


def sensors_of_all(sensors: Sequence[Sensors | None]) -> Sensors | None:
    """One for all cards; None if there is no card, or one without sensors."""
    known = [own for own in sensors if own is not None]
    if len(known) < len(sensors) or not known:
        return None
    return known[0] if len(known) == 1 else SeveralSensors(known)


def of_card(reading: Reading, index: int) -> Reading:
    """What a reading says of a card, by its place among those that were read."""
    return reading.cards[index] if reading.cards else reading


class SeveralSensors:
    """Sensors of cards in the order of the ranks."""

    def __init__(self, sensors: Sequence[Sensors]) -> None:
        self._sensors = sensors
        self.interval_seconds = max(own.interval_seconds for own in sensors)

    def read(self) -> Reading | None:
        """All cards now; None if one of them cannot be read."""
        readings = [own.read() for own in self._sensors]
        known = [reading for reading in readings if reading is not None]
        return together(known) if len(known) == len(readings) else None


def together(cards: Sequence[Reading]) -> Reading:
    """Cards at one moment: power and energy of all, the lowest clocks, the highest temperature.

    Ranks wait for each other, so that the slowest card decides. A figure that one card does not
    report is None.
    """
    return Reading(
        time=cards[0].time,
        sm_clock=_of_all(min, [card.sm_clock for card in cards]),
        memory_clock=_of_all(min, [card.memory_clock for card in cards]),
        power=_of_all(sum, [card.power for card in cards]),
        temperature=_of_all(max, [card.temperature for card in cards]),
        reasons=_union([card.reasons for card in cards]),
        processes=_union([card.processes for card in cards]),
        energy=_of_all(sum, [card.energy for card in cards]),
        cards=tuple(cards),
    )


def _of_all(
    combine: Callable[[list[_Figure]], _Figure], figures: Sequence[_Figure | None]
) -> _Figure | None:
    known = [figure for figure in figures if figure is not None]
    return combine(known) if len(known) == len(figures) else None


def _union(values: Sequence[tuple[_Figure, ...] | None]) -> tuple[_Figure, ...] | None:
    known = [value for value in values if value is not None]
    return tuple(dict.fromkeys(chain(*known))) if len(known) == len(values) else None
