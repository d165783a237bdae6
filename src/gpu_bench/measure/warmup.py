"""When a process is warm: the last runs take as long as those before them."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

WINDOW = 3
# Medians of windows this close to each other are equal for this purpose.
LEAST_NOISE = 0.02


def settled(times: Sequence[int]) -> bool:
    """Whether the last two windows of runs agree within their own noise.

    ``times`` are those of all runs in nanoseconds; the first is cold and is never counted. The
    noise is the wider range of the two windows, but no less than :data:`LEAST_NOISE`. A steady
    trend moves the median by three steps and a window's ends by two, so it is never settled.
    """
    runs = times[1:]
    if len(runs) < 2 * WINDOW:
        return False
    before, last = runs[-2 * WINDOW : -WINDOW], runs[-WINDOW:]
    centre = statistics.median(last)
    noise = max(max(window) - min(window) for window in (before, last))
    return abs(statistics.median(before) - centre) <= max(noise, LEAST_NOISE * centre)


def is_warm(times: Sequence[int], least: int, most: int) -> bool:
    """Whether the warm-up ends: settled after ``least`` runs, or ``most`` runs made."""
    return len(times) >= most or (len(times) >= least and settled(times))
