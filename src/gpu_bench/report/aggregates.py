"""A run in a few figures: what a metric came to, and which percentiles its gaps support."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gpu_bench.judge import intervals
from gpu_bench.report.runs import Run
from gpu_bench.results.metrics import METRICS
from gpu_bench.results.reader import MeasuredProcess

_BY_NAME = {metric.name: metric for metric in METRICS}
PERCENTILES = (50.0, 90.0, 95.0, 99.0, 99.9)
# With fewer values beyond it, a percentile is mostly chance.
_BEYOND = 10


@dataclass(frozen=True)
class Figure:
    """What a metric came to, in its unit. ``low`` and ``high`` are the extremes of processes."""

    value: float
    low: float
    high: float
    unit: str


@dataclass(frozen=True)
class Percentile:
    """A percentile in ns, or None if there are fewer values than the ``needed``."""

    percent: float
    value: float | None
    needed: int


def figure(run: Run, name: str) -> Figure | None:
    """A metric of a run, or None if it was not measured.

    As the verdict has it, which leaves disturbed processes out; else from all processes.
    """
    metric = _BY_NAME[name]
    values = [metric.values(process) for process in run.measurement.processes]
    values = [times for times in values if len(times)]
    if not values:
        return None
    if metric.exact:
        centres = [float(times[0]) for times in values]
        value = max(centres)
    else:
        logarithms = [intervals.centre(np.log(times)) for times in values]
        centres = [math.exp(logarithm) for logarithm in logarithms]
        value = math.exp(float(np.mean(logarithms)))
    judged = run.judged(name)
    value = value if judged is None else judged.new
    return Figure(value, min(*centres, value), max(*centres, value), metric.unit)


def gaps(processes: tuple[MeasuredProcess, ...]) -> NDArray[np.float64]:
    """The gaps between tokens of all processes, pooled and sorted, in ns."""
    pooled = [process.gaps for process in processes]
    return np.sort(np.concatenate(pooled)) if pooled else np.empty(0)


def percentiles(values: NDArray[np.float64]) -> tuple[Percentile, ...]:
    """Percentiles of sorted values, those that their number supports."""
    computed = []
    for percent in PERCENTILES:
        needed = round(_BEYOND / (1 - percent / 100))
        value = float(np.percentile(values, percent)) if len(values) >= needed else None
        computed.append(Percentile(percent, value, needed))
    return tuple(computed)
