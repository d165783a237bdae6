"""The energy that samples took, integrated from power readings, and how far that may be off."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

from gpu_bench.device.telemetry import Reading


@dataclass(frozen=True)
class Energy:
    """Energy of all samples of a process in joules, with its standard error.

    ``counter`` is the same by the driver's own counter; None if the card has none. ``error`` holds
    the difference of the two, but not the accuracy of the card's power sensor, which both share.
    """

    joules: float
    error: float
    counter: float | None

    def to_json(self) -> dict[str, Any]:
        """The `energy` of a process in a result."""
        return {"joules": self.joules, "error": self.error, "counter": self.counter}


def energy(readings: Sequence[Reading], samples: Sequence[tuple[int, int]]) -> Energy | None:
    """The energy of ``samples``, given by start and end in ns on the clock of the readings.

    Power is interpolated between readings and held before the first and after the last. Between two
    readings it may have changed at any moment, so a trapezoid is off by at most half of the
    difference times the interval; these errors are taken as independent and uniform. None with
    fewer than two readings of power.
    """
    known = [(reading.time, reading.power) for reading in readings if reading.power is not None]
    if len(known) <= 1 or not samples:
        return None
    times = [time / 1e9 for time, _ in known]
    powers = [power for _, power in known]
    steps = [
        ((later - earlier), (before + after) / 2, abs(after - before))
        for (earlier, later), (before, after) in zip(pairwise(times), pairwise(powers), strict=True)
    ]
    total = [0.0, *accumulate(seconds * power for seconds, power, _ in steps)]

    def until(nanoseconds: int) -> float:
        at = nanoseconds / 1e9
        if at <= times[0]:
            return (at - times[0]) * powers[0]
        if at >= times[-1]:
            return total[-1] + (at - times[-1]) * powers[-1]
        index = bisect_right(times, at) - 1
        seconds, _, _ = steps[index]
        part = (at - times[index]) / seconds
        power = powers[index] + part * (powers[index + 1] - powers[index])
        return total[index] + (at - times[index]) * (powers[index] + power) / 2

    joules = sum(until(end) - until(start) for start, end in samples)
    error = math.sqrt(sum((seconds * change / 2) ** 2 / 3 for seconds, _, change in steps))
    counter = _by_counter(readings, joules, total[-1])
    if counter is not None:
        error = math.hypot(error, counter - joules)
    return Energy(joules, error, counter)


def _by_counter(readings: Sequence[Reading], joules: float, integral: float) -> float | None:
    """The counter's difference between its first and last reading, in the samples' share."""
    counted = [reading.energy for reading in readings if reading.energy is not None]
    if len(counted) < len(readings) or counted[-1] <= counted[0] or integral <= 0:
        return None
    return (counted[-1] - counted[0]) * joules / integral
