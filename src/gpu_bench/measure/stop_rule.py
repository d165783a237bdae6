"""When a process has enough samples."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

CONFIDENCE = 0.95
TARGET_INTERVAL = "target_interval"
MAX_SAMPLES = "max_samples"
TIMEOUT = "timeout"


@dataclass(frozen=True)
class StopRule:
    """Minimum samples and time, then the first of target width, maximum and time limit."""

    min_samples: int
    max_samples: int
    min_seconds: float
    target_interval: float

    def reached_minimum(self, times: Sequence[int]) -> bool:
        """Whether ``times`` (nanoseconds) are enough to be used."""
        return len(times) >= self.min_samples and sum(times) >= self.min_seconds * 1e9

    def decide(self, times: Sequence[int], seconds_left: float) -> str | None:
        """What ends the sampling now; None: take another sample.

        A further sample is taken as long as the last one.
        """
        if times and seconds_left < times[-1] / 1e9:
            return TIMEOUT
        if len(times) >= self.max_samples:
            return MAX_SAMPLES
        if self.reached_minimum(times) and relative_width(times) <= self.target_interval:
            return TARGET_INTERVAL
        return None


def relative_width(times: Sequence[int]) -> float:
    """Width of the median's 95 % interval as a share of the median; infinite below 6 times."""
    interval = median_interval(times)
    if interval is None:
        return math.inf
    ordered = sorted(times)
    middle = len(ordered) // 2
    median = (ordered[middle] + ordered[-middle - 1]) / 2
    return (interval[1] - interval[0]) / median if median else math.inf


def median_interval(times: Sequence[int]) -> tuple[int, int] | None:
    """The narrowest symmetric pair of order statistics that holds the median with 95 %.

    It assumes nothing of the distribution. None where even the extremes do not reach 95 %.
    """
    ordered = sorted(times)
    count = len(ordered)
    allowed = (1 - CONFIDENCE) / 2
    below, tail = -1, 0.0
    # P(fewer than k of n values lie below the median) is a binomial tail. Logarithms, since
    # 0.5**n is 0 in floating point for many values.
    while True:
        term = math.exp(
            math.lgamma(count + 1)
            - math.lgamma(below + 2)
            - math.lgamma(count - below)
            - count * math.log(2)
        )
        if tail + term > allowed or below + 1 >= count // 2 + 1:
            break
        tail += term
        below += 1
    if below < 0:
        return None
    return ordered[below], ordered[count - 1 - below]
