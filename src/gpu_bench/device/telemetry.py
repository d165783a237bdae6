"""Reads a card's sensors while samples are taken.

It runs in the parent, beside the measuring process, on the clock that both share.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Protocol

from rules_transformers_contract.cuda_device import Card


@dataclass(frozen=True)
class Reading:
    """Sensors at one moment of the host's monotonic clock: MHz, watts, degrees Celsius, joules.

    ``energy`` is a counter that runs since the driver was loaded. ``cards`` are the readings of
    each card where several were read together.

    ``reasons`` name what slows the card down, other than idleness and limits that somebody set
    (application clocks, the power limit, which the fingerprint names, display clocks).
    ``processes`` are the ids of those that use the card. Whatever the driver does not report is
    None.
    """

    time: int
    sm_clock: int | None
    memory_clock: int | None
    power: float | None
    temperature: int | None
    reasons: tuple[str, ...] | None = None
    processes: tuple[int, ...] | None = None
    energy: float | None = None
    cards: tuple[Reading, ...] = ()

    def to_json(self, origin: int) -> dict[str, Any]:
        """A reading of a result's `telemetry`; ``origin`` is the start of the first sample."""
        return {
            "time": self.time - origin,
            "sm_clock": self.sm_clock,
            "memory_clock": self.memory_clock,
            "power": self.power,
            "temperature": self.temperature,
        }


class Sensors(Protocol):
    """Where readings come from, and how long to wait between two."""

    interval_seconds: float

    def read(self) -> Reading | None:
        """The sensors now; None if they cannot be read."""


def summary(
    readings: Sequence[Reading],
    own_processes: Iterable[int],
    origin: int,
) -> dict[str, Any]:
    """Part of the `telemetry` of a process; ``origin`` is its first sample's start."""
    own = set(own_processes)
    reasons = [reading.reasons for reading in readings if reading.reasons is not None]
    users = [reading.processes for reading in readings if reading.processes is not None]
    return {
        "readings": [reading.to_json(origin) for reading in readings],
        # Each once, in the order of their appearance.
        "throttled": list(dict.fromkeys(chain.from_iterable(reasons))) if reasons else None,
        "foreign_processes": max((foreign(ids, own) for ids in users), default=None),
    }


def foreign(processes: Sequence[int] | None, own: set[int]) -> int:
    """How many of the processes on a card are not ours.

    In a container the driver gives the host's ids, so ours is among them under another name:
    where none is known, one is taken for ours.
    """
    others = [process for process in processes or () if process not in own]
    known = len(processes or ()) - len(others)
    return len(others) if known or not others else len(others) - 1


def overhead(watched: Sequence[int], unwatched: Sequence[int]) -> float | None:
    """Share by which runs with readings took longer than those without, by their medians."""
    if not watched or not unwatched:
        return None
    return statistics.median(watched) / statistics.median(unwatched) - 1


def missing_figures(card: Card, reading: Reading | None) -> list[str]:
    """Names, as in a result, of what the driver does not report for a card; in their order.

    :param reading: one of its sensors; None if it has none.
    """
    figures: dict[str, Any] = {
        "driver": card.driver,
        "max_sm_clock": card.max_sm_clock,
        "max_memory_clock": card.max_memory_clock,
        "power_limit": card.power_limit,
        "sm_clock": reading and reading.sm_clock,
        "memory_clock": reading and reading.memory_clock,
        "power": reading and reading.power,
        "temperature": reading and reading.temperature,
        "throttled": None if reading is None else reading.reasons,
        "foreign_processes": None if reading is None else reading.processes,
        "energy.counter": reading and reading.energy,
    }
    return [name for name, value in figures.items() if value is None]
