"""How large a difference between two measurements is, and how sure that is.

Samples of one process are alike: they share its memory layout, its autotuning and its moment in
time. So a process counts as one observation, its centre, and the uncertainty comes from how the
centres of processes differ. All arithmetic is on logarithms, where a ratio is a difference.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import stats

CONFIDENCE = 0.95
NORMAL_QUANTILE = float(stats.norm.ppf((1 + CONFIDENCE) / 2))
# Standard deviation between processes where too few were measured to estimate it: the upper end
# of what GPUs show.
ASSUMED_SPREAD = 0.01
# More samples than this are thinned to as many quantiles before pairs are made of them.
_MOST = 128
# With fewer samples, their spread within a process says nothing.
_LEAST_SAMPLES = 3
# What would need more processes on a side is not worth naming a number for.
MOST_PROCESSES = 100
_MORE_SAMPLES = [1.1**power for power in range(1, 50)]

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Side:
    """The processes of one measurement: logarithms of their centres, with their own errors.

    ``errors`` are the standard errors of the centres as far as samples within a process show; 0
    where a process has a single value.
    """

    centres: Values
    errors: Values
    samples: int

    @property
    def centre(self) -> float:
        """Geometric mean of the centres, in the metric's unit."""
        return math.exp(float(np.mean(self.centres)))


@dataclass(frozen=True)
class Difference:
    """The logarithm of new over base, with its 95 % interval.

    ``spread`` is the standard deviation of a process' centre, ``within`` the part of it that more
    samples would lower. ``assumed``: the spread was not measured but assumed.
    """

    low: float
    middle: float
    high: float
    spread: float
    within: float
    noise: float
    assumed: bool


@dataclass(frozen=True)
class Need:
    """What would decide, on each side. ``more`` is what to raise: samples or processes."""

    more: str
    processes: int
    samples: int


def side(values: Sequence[Values], errors: Sequence[float] | None = None) -> Side:
    """A measurement from the positive values of each process; those without any are left out.

    ``errors`` are the standard errors of the processes that are not left out, if they are known
    otherwise than from the values.
    """
    logs = [np.log(value) for value in values if len(value)]
    return Side(
        np.array([centre(log) for log in logs]),
        np.array([error_within(log) for log in logs] if errors is None else errors),
        sum(map(len, logs)),
    )


def centre(values: Values) -> float:
    """The Hodges-Lehmann estimate: the median of the means of all pairs.

    It is the median of a symmetric distribution. Outliers move it as little as they move the
    median, and where a clock switches between two states it stays between them while the median
    jumps.
    """
    if len(values) > _MOST:
        values = np.quantile(values, (np.arange(_MOST) + 0.5) / _MOST)
    first, second = _pairs(len(values))
    return median(values[first] + values[second]) / 2


def median(values: Values) -> float:
    """The median, as numpy's."""
    # What numpy's own median checks besides costs more than the median of a few samples.
    low, high = (len(values) - 1) // 2, len(values) // 2
    ordered = np.partition(values, (low, high))
    return float(ordered[low] + ordered[high]) / 2


@lru_cache(maxsize=64)
def _pairs(number: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    return np.triu_indices(number)


def error_within(values: Values) -> float:
    """Standard error of the centre of consecutive values, by robust figures only.

    Neighbours that are alike (drift, clock states) count as fewer samples.
    """
    number = len(values)
    if number < _LEAST_SAMPLES:
        return 0.0
    deviations = values - median(values)
    spread = 1.4826 * median(np.abs(deviations))
    if spread == 0:
        return 0.0
    deviations = np.clip(deviations, -3 * spread, 3 * spread)
    alike = float(deviations[1:] @ deviations[:-1]) / float(deviations @ deviations)
    alike = min(max(alike, 0.0), 0.95)
    # pi / 3: the estimate's variance over the mean's, for a normal distribution.
    return spread * math.sqrt(math.pi / 3 / number * (1 + alike) / (1 - alike))


def difference(base: Side, new: Side) -> Difference:
    """New over base, by Student's t on the processes' centres with one spread for both sides.

    With fewer than four processes in all (two degrees of freedom), the spread is not estimated but
    at least ``ASSUMED_SPREAD``.
    """
    middle = float(np.mean(new.centres) - np.mean(base.centres))
    within = math.sqrt(float(np.mean(np.concatenate([base.errors, new.errors]) ** 2)))
    freedom = len(base.centres) + len(new.centres) - 2
    squares = sum(float(np.sum((s.centres - np.mean(s.centres)) ** 2)) for s in (base, new))
    estimate = math.sqrt(squares / freedom) if freedom else 0.0
    assumed = freedom <= 1
    if assumed:
        spread = max(estimate, math.hypot(ASSUMED_SPREAD, within))
        quantile = NORMAL_QUANTILE
    else:
        # Processes that happen to agree are no better known than their samples say.
        spread = max(estimate, within)
        quantile = t_quantile(freedom)
    noise = spread * math.sqrt(1 / len(base.centres) + 1 / len(new.centres))
    half = quantile * noise
    return Difference(middle - half, middle, middle + half, spread, within, noise, assumed)


def noise_floor(noise: float) -> float:
    """What a logarithm of a ratio must exceed to be a change: twice the noise."""
    return 2 * noise


def needed(observed: Difference, limit: float, processes: int, samples: int) -> Need | None:
    """What would decide on which side of ``limit``, a logarithm, the difference lies.

    ``processes`` and ``samples`` are those of the smaller side. None if even ``MOST_PROCESSES`` do
    not: the difference lies at the limit, or the noise is too great.
    """
    away = abs(observed.middle)

    def decides(number: int, spread: float) -> bool:
        noise = spread * math.sqrt(2 / number)
        half = t_quantile(2 * number - 2) * noise
        if away <= limit:
            return away + half <= limit
        return away - half > max(limit, noise_floor(noise))

    per_process = max(samples // processes, 1)
    between = math.sqrt(max(observed.spread**2 - observed.within**2, 0.0))
    if observed.within > between:
        # Samples are what is lacking, unless the spread that they cannot lower is too much alone.
        number = max(processes, 2)
        for factor in _MORE_SAMPLES:
            if decides(number, math.hypot(between, observed.within / math.sqrt(factor))):
                return Need("samples", number, number * math.ceil(factor * per_process))
    for number in range(max(processes, 1) + 1, MOST_PROCESSES + 1):
        if decides(number, observed.spread):
            return Need("processes", number, number * per_process)
    return None


@cache
def t_quantile(freedom: int) -> float:
    """Half of a 95 % interval in standard errors, by Student's t."""
    return float(stats.t.ppf((1 + CONFIDENCE) / 2, freedom))
