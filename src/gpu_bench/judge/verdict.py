"""The decision: faster, same, slower, inconclusive or wrong output, from all that is known."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from gpu_bench.judge import intervals, outputs_comparison
from gpu_bench.judge.cards import CardSpread, card_spread
from gpu_bench.judge.metric_verdict import (
    MetricVerdict,
    judge_metric,
    percent,
    ratio_of,
    share,
    signed,
    signed_percent,
)
from gpu_bench.judge.outcomes import FASTER, INCONCLUSIVE, SAME, SLOWER, WRONG_OUTPUT
from gpu_bench.judge.outputs_comparison import OutputsComparison
from gpu_bench.results import measurement
from gpu_bench.results.measurement import Measurement
from gpu_bench.results.metrics import METRICS
from gpu_bench.results.reader import MeasuredProcess

# So many undisturbed processes suffice to leave disturbed ones out.
ENOUGH_PROCESSES = 2
# Clocks that are closer than this are not worth a note.
_LEAST_CLOCK_CHANGE = 0.005


@dataclass(frozen=True)
class Disturbed:
    """A process during which the device was throttled or shared."""

    side: str
    process: int
    reasons: tuple[str, ...]
    left_out: bool


@dataclass(frozen=True)
class Verdict:
    """The answer. ``another_round`` says whether measuring new once more may decide it."""

    address: str
    verdict: str
    reason: str
    another_round: bool = False
    outputs: OutputsComparison | None = None
    metrics: tuple[MetricVerdict, ...] = ()
    disturbed: tuple[Disturbed, ...] = ()
    notes: tuple[str, ...] = ()


def decide(
    base: Measurement,
    new: Measurement,
    tolerances: Mapping[str, float],
    cards: Sequence[Measurement] = (),
) -> Verdict:
    """Judges ``new`` against ``base`` by the metrics that have a tolerance.

    ``cards`` are measurements of one code on several cards, which show how much cards differ.

    Raises InputError if the two are not comparable.
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
        metric_verdict = judge_metric(metric, tolerances[metric.name], base_used, new_used)
        if metric_verdict is not None:
            judged.append(_weakened(metric_verdict, disturbed))
    other_cards = not measurement.share_a_card(base, new)
    if other_cards:
        judged = [
            _beyond_cards(metric_verdict, card_spread(metric_verdict.metric, cards))
            for metric_verdict in judged
        ]
    notes = measurement.notes(base, new)
    if outputs.verdict == outputs_comparison.NEAR_TIE:
        notes.insert(0, outputs.reason)
    if any(metric_verdict.assumed and metric_verdict.metric.decides for metric_verdict in judged):
        notes.append(
            "fewer than four processes in all: their spread is not measured but assumed to be "
            f"{share(intervals.ASSUMED_SPREAD)}"
        )
    notes += _clock_notes(judged)
    verdict, reason, another_round = _overall(base, new, outputs, judged, disturbed, other_cards)
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


def _clock_notes(judged: Sequence[MetricVerdict]) -> Iterator[str]:
    """What a reader of a change should know of the clock."""
    for metric_verdict in judged:
        effect = metric_verdict.clock
        if (
            metric_verdict.verdict not in (SLOWER, FASTER)
            or not metric_verdict.metric.decides
            or effect is None
        ):
            continue
        if abs(effect.ratio - 1) < _LEAST_CLOCK_CHANGE:
            continue
        text = f"{metric_verdict.metric.name}: the SM clock differed by {signed(effect.ratio)}"
        elasticity = effect.elasticity
        if effect.corrected is not None:
            yield f"{text}, which explains a part: {percent(ratio_of(effect.corrected))} remain"
        elif elasticity is None:
            yield f"{text}, and did not vary enough to show whether the time depends on it"
        else:
            value, high, low = (
                signed_percent(-change / 100, 2)
                for change in (elasticity.value, elasticity.low, elasticity.high)
            )
            yield (
                f"{text}, but the time is not shown to depend on it: a clock 1 % higher changes it "
                f"by {value} % ({low} to {high})"
            )


def _undisturbed(
    side: str, measured: Measurement
) -> tuple[tuple[MeasuredProcess, ...], list[Disturbed]]:
    """The processes to judge by, and those during which something went wrong."""
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
    used = [disturbance for disturbance in disturbed if not disturbance.left_out]
    if not used or judged.metric.exact or judged.verdict == INCONCLUSIVE:
        return judged
    causes = ", ".join(
        f"process {disturbance.process} of {disturbance.side}: {' and '.join(disturbance.reasons)}"
        for disturbance in used
    )
    return replace(
        judged, verdict=INCONCLUSIVE, reason=f"{judged.verdict} ({judged.reason}), but {causes}"
    )


def _beyond_cards(judged: MetricVerdict, spread: CardSpread) -> MetricVerdict:
    """No verdict on a change of time that may be the difference of two cards of one kind."""
    if judged.metric.exact or judged.verdict not in (SLOWER, FASTER):
        return judged
    middle = math.log(judged.ratio.value)
    own = math.log(judged.ratio.high / judged.ratio.low) / 2
    half = math.hypot(own, intervals.NORMAL_QUANTILE * math.sqrt(2) * spread.value)
    limit = math.log1p(max(judged.tolerance, judged.noise_floor))
    if abs(middle) - half > limit:
        return judged
    known = f"as {spread.cards} cards do" if spread.cards else "as is assumed"
    reason = (
        f"{judged.verdict} by {percent(judged.ratio)}, but measured on different cards, which "
        f"differ by {share(spread.value)} each, {known}: measure both sides on one card with "
        "`gpu_bench ab` or `[gpu-bench].interleave`, or write a baseline of this card"
    )
    return replace(judged, verdict=INCONCLUSIVE, reason=reason)


def _overall(  # noqa: PLR0911 - a return for each verdict, in order of precedence
    base: Measurement,
    new: Measurement,
    outputs: OutputsComparison,
    judged: Sequence[MetricVerdict],
    disturbed: Sequence[Disturbed],
    other_cards: bool,
) -> tuple[str, str, bool]:
    """Verdict, reason, and whether another round may decide what is inconclusive."""
    if outputs.verdict == outputs_comparison.DIFFERENT:
        return WRONG_OUTPUT, outputs.reason, False
    deciding = {
        metric_verdict.metric.name: metric_verdict
        for metric_verdict in judged
        if metric_verdict.metric.decides
    }
    by_verdict = {
        verdict: "; ".join(
            f"{name}: {metric_verdict.reason}"
            for name, metric_verdict in deciding.items()
            if metric_verdict.verdict == verdict
        )
        for verdict in (SLOWER, INCONCLUSIVE, FASTER)
    }
    problems = [
        f"{name} ended early ({problem})"
        for name, side in (("base", base), ("new", new))
        for problem in side.problems
    ]
    if problems:
        return INCONCLUSIVE, "; ".join(problems), False
    if by_verdict[SLOWER]:
        return SLOWER, by_verdict[SLOWER], False
    if outputs.verdict == outputs_comparison.UNDECIDED:
        return INCONCLUSIVE, outputs.reason, False
    if by_verdict[INCONCLUSIVE]:
        hopeless = other_cards or any(
            disturbance.side == "base" and not disturbance.left_out for disturbance in disturbed
        )
        return INCONCLUSIVE, by_verdict[INCONCLUSIVE], not hopeless
    faster = [
        f"{name}: {metric_verdict.reason}"
        for name, metric_verdict in deciding.items()
        if metric_verdict.verdict == FASTER and not metric_verdict.metric.exact
    ]
    if faster:
        return FASTER, "; ".join(faster), False
    return (
        SAME,
        "; ".join(f"{name}: {metric_verdict.reason}" for name, metric_verdict in deciding.items()),
        False,
    )
