"""The decision rule: faster, same, slower, inconclusive or wrong output."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from gpu_bench import intervals, measurement, outputs_comparison
from gpu_bench.intervals import Difference, Need
from gpu_bench.measurement import Measurement
from gpu_bench.metrics import METRICS, Metric
from gpu_bench.outputs_comparison import OutputsComparison
from gpu_bench.result_file import MeasuredProcess

FASTER = "faster"
SAME = "same"
SLOWER = "slower"
INCONCLUSIVE = "inconclusive"
WRONG_OUTPUT = "wrong_output"
NO_BASELINE = "no_baseline"

# So many undisturbed processes suffice to leave disturbed ones out.
ENOUGH_PROCESSES = 2


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
    ``floor_decides`` tells whether it exceeds the tolerance and takes its place. ``cycles`` is the
    ratio of clock cycles, where clocks are known and were asked. ``assumed``: the spread between
    processes is not measured but assumed.
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
    cycles: Ratio | None = None
    need: Need | None = None


@dataclass(frozen=True)
class Disturbed:
    """A process during which the device was throttled or shared."""

    side: str
    process: int
    reasons: tuple[str, ...]
    left_out: bool


@dataclass(frozen=True)
class Verdict:
    """The answer. ``another_round`` tells whether measuring new once more may decide it."""

    address: str
    verdict: str
    reason: str
    another_round: bool = False
    outputs: OutputsComparison | None = None
    metrics: tuple[MetricVerdict, ...] = ()
    disturbed: tuple[Disturbed, ...] = ()
    notes: tuple[str, ...] = ()


def decide(base: Measurement, new: Measurement, tolerances: Mapping[str, float]) -> Verdict:
    """Judges ``new`` against ``base`` by the metrics that have a tolerance.

    Raises InputError where the two are not comparable.
    """
    measurement.require_same_device(base.first, new.first)
    measurement.require_same_work(base.first, new.first)
    outputs = outputs_comparison.compare_outputs(base, new)
    base_used, base_disturbed = _undisturbed("base", base)
    new_used, new_disturbed = _undisturbed("new", new)
    disturbed = base_disturbed + new_disturbed
    judged = []
    for metric in METRICS:
        if metric.name not in tolerances:
            continue
        found = judge_metric(metric, tolerances[metric.name], base_used, new_used)
        if found is not None:
            judged.append(_weakened(found, disturbed))
    notes = measurement.notes(base, new)
    if outputs.verdict == outputs_comparison.NEAR_TIE:
        notes.insert(0, outputs.reason)
    if any(each.assumed and each.metric.decides for each in judged):
        notes.append(
            "fewer than four processes in all: their spread is not measured but assumed to be "
            f"{share(intervals.ASSUMED_SPREAD)}"
        )
    verdict, reason, another_round = _overall(base, new, outputs, judged, disturbed)
    return Verdict(
        new.address,
        verdict,
        reason,
        another_round,
        outputs,
        tuple(judged),
        tuple(disturbed),
        tuple(notes),
    )


def judge_metric(
    metric: Metric,
    tolerance: float,
    base: Sequence[MeasuredProcess],
    new: Sequence[MeasuredProcess],
) -> MetricVerdict | None:
    """The verdict on one metric; None where a side does not have it."""
    values = [[metric.values(process) for process in side] for side in (base, new)]
    if not all(any(len(each) for each in side) for side in values):
        return None
    if metric.exact:
        return _judge_exact(metric, tolerance, *values)
    sides = [intervals.side(side) for side in values]
    found = intervals.difference(*sides)
    floor = math.expm1(2 * found.noise)
    judged = MetricVerdict(
        metric=metric,
        verdict=_position(metric, found, tolerance, floor),
        reason="",
        base=sides[0].centre,
        new=sides[1].centre,
        ratio=_ratio(found),
        tolerance=tolerance,
        noise_floor=floor,
        floor_decides=floor > tolerance,
        assumed=found.assumed,
        processes=(len(sides[0].centres), len(sides[1].centres)),
        samples=(sides[0].samples, sides[1].samples),
    )
    judged = _with_cycles(judged, found, base, new)
    if judged.verdict == INCONCLUSIVE and not judged.reason:
        limit = math.log1p(tolerance)
        judged = replace(
            judged,
            need=intervals.needed(
                found, abs(abs(found.middle) - limit), min(judged.processes), min(judged.samples)
            ),
        )
    return replace(judged, reason=judged.reason or _reason(judged))


def _position(metric: Metric, found: Difference, tolerance: float, floor: float) -> str:
    """Where the interval lies.

    The noise floor raises what counts as a change, but never widens what counts as the same.
    """
    low, high = found.low, found.high
    if metric.higher_is_better:
        low, high = -high, -low
    limit = math.log1p(max(tolerance, floor))
    if low > limit:
        return SLOWER
    if high < -limit:
        return FASTER
    limit = math.log1p(tolerance)
    return SAME if -limit <= low and high <= limit else INCONCLUSIVE


def _judge_exact(metric: Metric, tolerance: float, base: Sequence, new: Sequence) -> MetricVerdict:
    """Figures without chance: the interval goes from the best case to the worst."""
    ours = [max(float(each[0]), 1.0) for each in base if len(each)]
    theirs = [max(float(each[0]), 1.0) for each in new if len(each)]
    low, high = min(theirs) / max(ours), max(theirs) / min(ours)
    found = Difference(
        math.log(low), math.log(max(theirs) / max(ours)), math.log(high), 0.0, 0.0, 0.0, False
    )
    judged = MetricVerdict(
        metric=metric,
        verdict=_position(metric, found, tolerance, 0.0),
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


def _with_cycles(
    judged: MetricVerdict,
    found: Difference,
    base: Sequence[MeasuredProcess],
    new: Sequence[MeasuredProcess],
) -> MetricVerdict:
    """A change in time must be one in clock cycles too; else the clock made it, not the code."""
    if not judged.metric.clocked or not all(len(process.sm_clock) for process in (*base, *new)):
        return judged
    values = judged.metric.values
    sides = [
        intervals.side([values(process) * process.sm_clock for process in side])
        for side in (base, new)
    ]
    in_cycles = intervals.difference(*sides)
    judged = replace(judged, cycles=_ratio(in_cycles))
    agrees = in_cycles.low > 0 if found.middle > 0 else in_cycles.high < 0
    if judged.verdict not in (SLOWER, FASTER) or agrees:
        return judged
    clock = math.expm1(in_cycles.middle - found.middle)
    reason = (
        f"{judged.verdict} in time, {percent(judged.ratio)}, but not in clock cycles, "
        f"{percent(judged.cycles)}: the SM clock differed by {clock * 100:+.1f} %"
    )
    return replace(judged, verdict=INCONCLUSIVE, reason=reason)


def _ratio(found: Difference) -> Ratio:
    return Ratio(math.exp(found.middle), math.exp(found.low), math.exp(found.high))


def percent(ratio: Ratio) -> str:
    """A ratio with its interval, for people."""
    value, low, high = (f"{(each - 1) * 100:+.1f}" for each in (ratio.value, ratio.low, ratio.high))
    return f"{value} % ({low} to {high})"


def share(value: float) -> str:
    """A share for people."""
    return f"{value * 100:.3g} %"


def _reason(judged: MetricVerdict) -> str:
    text = f"{percent(judged.ratio)}, tolerance {share(judged.tolerance)}"
    if judged.floor_decides:
        text += f", which the noise floor of {share(judged.noise_floor)} replaces"
    if judged.verdict != INCONCLUSIVE or judged.metric.exact:
        return text
    if judged.need is None:
        return f"{text}; too close to the tolerance for any reasonable number of samples"
    need = judged.need
    total = f"{need.samples} samples on each side"
    if need.more == "samples":
        return f"{text}; about {total} would decide"
    return (
        f"{text}; about {need.processes} processes with {total} would decide, more samples in "
        "each process would not"
    )


def _undisturbed(
    side: str, measured: Measurement
) -> tuple[tuple[MeasuredProcess, ...], list[Disturbed]]:
    """The processes to judge by, and those during which something was amiss."""
    processes = measured.processes
    clean = tuple(process for process in processes if not process.disturbances)
    leave_out = len(clean) >= ENOUGH_PROCESSES
    disturbed = [
        Disturbed(side, number, process.disturbances, leave_out)
        for number, process in enumerate(processes)
        if process.disturbances
    ]
    return (clean if leave_out else processes), disturbed


def _weakened(judged: MetricVerdict, disturbed: Sequence[Disturbed]) -> MetricVerdict:
    """No verdict on times that were measured on a disturbed device."""
    used = [each for each in disturbed if not each.left_out]
    if not used or judged.metric.exact or judged.verdict == INCONCLUSIVE:
        return judged
    causes = "; ".join(
        f"process {each.process} of {each.side}: {', '.join(each.reasons)}" for each in used
    )
    return replace(
        judged, verdict=INCONCLUSIVE, reason=f"{judged.verdict} ({judged.reason}), but {causes}"
    )


def _overall(
    base: Measurement,
    new: Measurement,
    outputs: OutputsComparison,
    judged: Sequence[MetricVerdict],
    disturbed: Sequence[Disturbed],
) -> tuple[str, str, bool]:
    """Verdict, reason, and whether another round may decide what is inconclusive."""
    if outputs.verdict == outputs_comparison.DIFFERENT:
        return WRONG_OUTPUT, outputs.reason, False
    deciding = {each.metric.name: each for each in judged if each.metric.decides}
    by_verdict = {
        verdict: "; ".join(
            f"{name}: {each.reason}" for name, each in deciding.items() if each.verdict == verdict
        )
        for verdict in (SLOWER, INCONCLUSIVE, FASTER)
    }
    problems = [
        f"{name} ended early ({problem})"
        for name, each in (("base", base), ("new", new))
        for problem in each.problems
    ]
    if problems:
        return INCONCLUSIVE, "; ".join(problems), False
    if by_verdict[SLOWER]:
        return SLOWER, by_verdict[SLOWER], False
    if outputs.verdict == outputs_comparison.UNDECIDED:
        return INCONCLUSIVE, outputs.reason, False
    if by_verdict[INCONCLUSIVE]:
        hopeless = any(each.side == "base" and not each.left_out for each in disturbed)
        return INCONCLUSIVE, by_verdict[INCONCLUSIVE], not hopeless
    faster = [
        f"{name}: {each.reason}"
        for name, each in deciding.items()
        if each.verdict == FASTER and not each.metric.exact
    ]
    if faster:
        return FASTER, "; ".join(faster), False
    return SAME, "; ".join(f"{name}: {each.reason}" for name, each in deciding.items()), False
