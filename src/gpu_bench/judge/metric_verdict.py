"""The decision rule for one metric: faster, same, slower or inconclusive, and why."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from gpu_bench.judge import intervals
from gpu_bench.judge.clock import ClockEffect, clock_effect
from gpu_bench.judge.intervals import Difference, Need
from gpu_bench.judge.outcomes import FASTER, INCONCLUSIVE, SAME, SLOWER
from gpu_bench.results.metrics import Metric
from gpu_bench.results.reader import MeasuredProcess, Times


@dataclass(frozen=True)
class Ratio:
    """New over base, with the ends of its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class MetricVerdict:
    """What is known of one metric. ``base`` and ``new`` are its centres, in its unit.

    ``noise_floor`` is the share that two measurements of the same code may seem to differ by;
    ``floor_decides`` says whether it exceeds the tolerance and takes its place. ``clock`` is the
    part of the SM clock, if every sample has one. ``assumed``: the spread between processes is not
    measured but assumed.
    """

    metric: Metric
    verdict: str
    reason: str
    base: float
    new: float
    ratio: Ratio
    tolerance: float
    noise_floor: float
    floor_decides: bool
    assumed: bool
    processes: tuple[int, int]
    samples: tuple[int, int]
    clock: ClockEffect | None = None
    need: Need | None = None


def judge_metric(
    metric: Metric,
    tolerance: float,
    base: Sequence[MeasuredProcess],
    new: Sequence[MeasuredProcess],
) -> MetricVerdict | None:
    """The verdict on one metric; None if a side does not have it."""
    values = [[metric.values(process) for process in side] for side in (base, new)]
    if not all(any(len(times) for times in side) for side in values):
        return None
    if metric.exact:
        return _judge_exact(metric, tolerance, *values)
    sides = [
        intervals.side(of_side, _errors(metric, processes))
        for of_side, processes in zip(values, (base, new), strict=True)
    ]
    difference = intervals.difference(*sides)
    floor = math.expm1(intervals.noise_floor(difference.noise))
    judged = MetricVerdict(
        metric=metric,
        verdict=_position(metric, difference, tolerance, floor),
        reason="",
        base=sides[0].centre,
        new=sides[1].centre,
        ratio=ratio_of(difference),
        tolerance=tolerance,
        noise_floor=floor,
        floor_decides=floor > tolerance,
        assumed=difference.assumed,
        processes=(len(sides[0].centres), len(sides[1].centres)),
        samples=(sides[0].samples, sides[1].samples),
    )
    judged = _with_clock(judged, difference, base, new)
    if judged.verdict == INCONCLUSIVE and not judged.reason:
        fewest = (min(judged.processes), min(judged.samples))
        need = intervals.needed(difference, math.log1p(tolerance), *fewest)
        judged = replace(judged, need=need)
    return replace(judged, reason=judged.reason or _reason(judged))


def _errors(metric: Metric, processes: Sequence[MeasuredProcess]) -> list[float] | None:
    if metric.error is None:
        return None
    return [metric.error(process) for process in processes if len(metric.values(process))]


def _position(metric: Metric, difference: Difference, tolerance: float, floor: float) -> str:
    """Where the interval lies.

    The noise floor raises what counts as a change, but never widens what counts as the same.
    """
    low, high = difference.low, difference.high
    if metric.higher_is_better:
        low, high = -high, -low
    limit = math.log1p(max(tolerance, floor))
    if low > limit:
        return SLOWER
    if high < -limit:
        return FASTER
    limit = math.log1p(tolerance)
    return SAME if -limit <= low and high <= limit else INCONCLUSIVE


def _judge_exact(
    metric: Metric, tolerance: float, base: Sequence[Times], new: Sequence[Times]
) -> MetricVerdict:
    """Figures without chance: the interval goes from the best case to the worst."""
    ours = [max(float(times[0]), 1.0) for times in base if len(times)]
    theirs = [max(float(times[0]), 1.0) for times in new if len(times)]
    low, high = min(theirs) / max(ours), max(theirs) / min(ours)
    tolerance = max(tolerance, metric.step / min(ours))
    difference = Difference(
        math.log(low), math.log(max(theirs) / max(ours)), math.log(high), 0.0, 0.0, 0.0, False
    )
    judged = MetricVerdict(
        metric=metric,
        verdict=_position(metric, difference, tolerance, 0.0),
        reason="",
        base=max(ours),
        new=max(theirs),
        ratio=Ratio(max(theirs) / max(ours), low, high),
        tolerance=tolerance,
        noise_floor=0.0,
        floor_decides=False,
        assumed=False,
        processes=(len(ours), len(theirs)),
        samples=(len(ours), len(theirs)),
    )
    return replace(judged, reason=_reason(judged))


def _with_clock(
    judged: MetricVerdict,
    difference: Difference,
    base: Sequence[MeasuredProcess],
    new: Sequence[MeasuredProcess],
) -> MetricVerdict:
    """A change that the clock explains, as far as times are shown to depend on it, is undecided."""
    if not judged.metric.clocked:
        return judged
    measured = [
        [process for process in side if len(judged.metric.values(process))] for side in (base, new)
    ]
    if not all(len(process.sm_clock) for side in measured for process in side):
        return judged
    effect = clock_effect(
        [[judged.metric.values(process) for process in side] for side in measured],
        [[process.sm_clock for process in side] for side in measured],
    )
    judged = replace(judged, clock=effect)
    corrected = effect.corrected
    if judged.verdict not in (SLOWER, FASTER) or corrected is None:
        return judged
    # What remains must be a change by itself. Its interval need not lie beyond the tolerance, as
    # that of the time does: the correction has an error of its own.
    limit = math.log1p(judged.tolerance)
    if difference.middle > 0:
        remains = corrected.low > 0 and corrected.middle > limit
    else:
        remains = corrected.high < 0 and corrected.middle < -limit
    if remains:
        return judged
    reason = (
        f"{judged.verdict} by {percent(judged.ratio)}, but at equal SM clocks the difference is "
        f"{percent(ratio_of(corrected))}: the clock differed by {signed(effect.ratio)}, and the "
        "time depends on it"
    )
    return replace(judged, verdict=INCONCLUSIVE, reason=reason)


def ratio_of(difference: Difference) -> Ratio:
    """A difference of logarithms as a ratio."""
    return Ratio(math.exp(difference.middle), math.exp(difference.low), math.exp(difference.high))


def percent(ratio: Ratio) -> str:
    """A ratio with its interval, for people."""
    value, low, high = (
        signed_percent(factor - 1) for factor in (ratio.value, ratio.low, ratio.high)
    )
    return f"{value} % ({low} to {high})"


def signed(ratio: float) -> str:
    """A ratio as a signed percentage."""
    return f"{signed_percent(ratio - 1)} %"


def signed_percent(share: float, digits: int = 1) -> str:
    """A share in percent with its sign, without one where it rounds to zero."""
    text = f"{share * 100:+.{digits}f}"
    return text[1:] if float(text) == 0 else text


def share(value: float) -> str:
    """A share for people."""
    return f"{value * 100:.3g} %"


def _reason(judged: MetricVerdict) -> str:
    text = f"{percent(judged.ratio)}, tolerance {share(judged.tolerance)}"
    if judged.floor_decides:
        text += f", which the noise floor of {share(judged.noise_floor)} replaces"
    if judged.verdict != INCONCLUSIVE or judged.metric.exact:
        return text
    need = judged.need
    if need is None:
        return f"{text}, needs more than {intervals.MOST_PROCESSES} processes on each side"
    if need.more == "samples":
        return f"{text}, needs about {need.samples} samples on each side"
    return (
        f"{text}, needs about {need.processes} processes with {need.samples} samples on each side "
        "(more samples in each process would not do)"
    )
