"""How far a change of times is one of the SM clock.

Times need not follow the clock: decoding is often bound by memory or by launches. So what the clock
explains is what the measurement shows: the elasticity of times, by how many percent they fall where
the clock of the *same* code rises by one percent.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gpu_bench.judge import intervals
from gpu_bench.judge.intervals import Difference, Values

# Without as many processes, one of them decides what the elasticity seems to be.
_FEWEST = 4
# Drivers give the clock in whole MHz, of which it has 1000 to 3000. What is below is not variation.
_LEAST_SPREAD = 2e-4


@dataclass(frozen=True)
class Elasticity:
    """0 if times do not depend on the clock, 1 for a fixed number of cycles; 95 % interval."""

    value: float
    low: float
    high: float

    @property
    def is_shown(self) -> bool:
        """Whether times depend on the clock with 95 % confidence."""
        return self.low > 0


@dataclass(frozen=True)
class ClockEffect:
    """The clock's part in a comparison of times.

    ``ratio`` is that of the clocks, new over base. ``elasticity`` is None if the clock did not vary
    within the sides. ``corrected`` is the difference as it would be at equal clocks, if times are
    shown to depend on it.
    """

    ratio: float
    elasticity: Elasticity | None
    corrected: Difference | None


@dataclass(frozen=True)
class _Moments:
    """Of one process, per sample: means of log clock and log time, and their spread about them."""

    clock: float
    time: float
    clock_spread: float
    common_spread: float


def clock_effect(
    times: Sequence[Sequence[Values]], clocks: Sequence[Sequence[Values]]
) -> ClockEffect:
    """The clock's part in the difference of two sides.

    ``times`` and ``clocks`` have, by side and by process, a positive value for each sample.
    """
    log_times, log_clocks = (
        [[np.log(values) for values in side] for side in sides] for sides in (times, clocks)
    )
    means = [float(np.mean([np.mean(values) for values in side])) for side in log_clocks]
    ratio = math.exp(means[1] - means[0])
    elasticity = _elasticity(
        [
            [_moments(*pair) for pair in zip(*side, strict=True)]
            for side in zip(log_clocks, log_times, strict=True)
        ]
    )
    corrected = None
    if elasticity is not None and elasticity.is_shown:
        share = min(elasticity.value, 1.0)
        corrected = _widened(
            intervals.difference(
                *(
                    intervals.side(
                        [
                            np.exp(time + share * clock)
                            for time, clock in zip(side_times, side_clocks, strict=True)
                        ]
                    )
                    for side_times, side_clocks in zip(log_times, log_clocks, strict=True)
                )
            ),
            (elasticity.high - elasticity.low) / 2 * abs(means[1] - means[0]),
        )
    return ClockEffect(ratio, elasticity, corrected)


def _moments(log_clocks: Values, log_times: Values) -> _Moments:
    clock = float(np.mean(log_clocks))
    deviations = log_clocks - clock
    # Outliers among the times have nothing to do with the clock.
    middle = intervals.median(log_times)
    most = 4 * 1.4826 * intervals.median(np.abs(log_times - middle))
    clipped = np.clip(log_times, middle - most, middle + most)
    return _Moments(
        clock,
        float(np.mean(clipped)),
        float(np.mean(deviations**2)),
        float(np.mean(deviations * clipped)),
    )


def _elasticity(sides: Sequence[Sequence[_Moments]]) -> Elasticity | None:
    """The slope of log time on log clock within the sides; every process counts alike.

    The standard error is a jackknife over processes: samples of one are alike, and where a single
    process has all that is known of the clock, leaving it out shows that.
    """
    processes = [(side, index) for side in range(len(sides)) for index in range(len(sides[side]))]
    slope = _slope(sides, None)
    if slope is None or len(processes) < _FEWEST:
        return None
    left_out = [_slope(sides, process) for process in processes]
    slopes = np.array([value for value in left_out if value is not None])
    if len(slopes) < len(processes):
        return None
    count = len(slopes)
    error = math.sqrt((count - 1) / count * float(np.sum((slopes - np.mean(slopes)) ** 2)))
    half = intervals.t_quantile(count - len(sides)) * error
    return Elasticity(-slope, -slope - half, -slope + half)


def _slope(sides: Sequence[Sequence[_Moments]], left_out: tuple[int, int] | None) -> float | None:
    clock_spread = common_spread = 0.0
    for number, side in enumerate(sides):
        kept = [moments for index, moments in enumerate(side) if (number, index) != left_out]
        if not kept:
            continue
        clocks = _deviations([moments.clock for moments in kept])
        times = _deviations([moments.time for moments in kept])
        clock_spread += float(clocks @ clocks) + sum(moments.clock_spread for moments in kept)
        common_spread += float(clocks @ times) + sum(moments.common_spread for moments in kept)
    count = sum(map(len, sides))
    return common_spread / clock_spread if clock_spread > count * _LEAST_SPREAD**2 else None


def _deviations(values: Sequence[float]) -> NDArray[np.float64]:
    array = np.array(values)
    deviations: NDArray[np.float64] = array - np.mean(array)
    return deviations


def _widened(difference: Difference, more: float) -> Difference:
    """The interval with an independent error ``more``, also half of a 95 % interval."""
    half = math.hypot((difference.high - difference.low) / 2, more)
    return Difference(
        difference.middle - half,
        difference.middle,
        difference.middle + half,
        difference.spread,
        difference.within,
        difference.noise,
        difference.assumed,
    )
