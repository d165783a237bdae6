from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpu_bench.judge import verdict
from gpu_bench.judge.intervals import t_quantile
from gpu_bench.judge.limits import tolerances
from gpu_bench.judge.metric_verdict import judge_metric
from gpu_bench.results.measurement import Measurement
from gpu_bench.results.metrics import METRICS
from gpu_bench.results.reader import Output, gap_quantiles
from gpu_bench.testing import simulated
from gpu_bench.testing.noise_model import NoiseModel
from toolkit.errors import InputError

DEFAULTS = tolerances([])
MIRRORED = {"faster": "slower", "slower": "faster"}


def changed(measured: Any, **changes: Any) -> Any:
    """The measurement with each of its processes changed."""
    first = measured.first
    processes = tuple(replace(process, **changes) for process in first.processes)
    return Measurement((replace(first, processes=processes),))


def with_first_process(measured: Any, **changes: Any) -> Any:
    processes = measured.first.processes
    return Measurement(
        (replace(measured.first, processes=(replace(processes[0], **changes), *processes[1:])),)
    )


def metric(decision: Any, name: Any) -> Any:
    return next(
        metric_verdict for metric_verdict in decision.metrics if metric_verdict.metric.name == name
    )


@pytest.mark.parametrize(
    ("delay", "expected"), [(0, "same"), (0.05, "slower"), (-0.05, "faster"), (0.01, "same")]
)
def test_quiet_measurements_are_judged(
    measure: Callable[..., Measurement], delay: Any, expected: Any
) -> None:
    decision = verdict.decide(measure(1), measure(2, delay=delay), DEFAULTS)
    assert decision.verdict == expected
    assert metric(decision, "end_to_end").verdict == expected
    assert metric(decision, "tokens_per_second").verdict == expected
    assert metric(decision, "end_to_end").ratio.value == pytest.approx(1 + delay, abs=0.006)


def test_each_metric_has_its_own_tolerance(measure: Callable[..., Measurement]) -> None:
    new = measure(2, delay=0.05)
    assert verdict.decide(measure(1), new, tolerances(["10%"])).verdict == "same"
    limits = tolerances(["10%", "inter_token=2%"])
    decision = verdict.decide(measure(1), new, limits)
    assert decision.verdict == "slower"
    assert decision.reason.startswith("inter_token: +")
    assert "end_to_end" not in decision.reason


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(simulated.MODELS),
    st.sampled_from([-0.1, -0.02, 0.0, 0.02, 0.1]),
    st.integers(1, 4),
    st.integers(1, 4),
    st.integers(0, 2**32),
)
def test_invariants(shape: Any, delay: Any, ours: Any, theirs: Any, seed: Any) -> None:
    rng = np.random.default_rng(seed)
    base = simulated.side(shape, rng).measure(ours, 10)
    new = simulated.side(shape, rng, delay=delay).measure(theirs, 10)
    decision = verdict.decide(base, new, DEFAULTS)
    # Who is called base decides the sign only. Overall slower comes before inconclusive, and
    # faster after it.
    mirrored = verdict.decide(new, base, DEFAULTS)
    for original, other in zip(decision.metrics, mirrored.metrics, strict=True):
        assert other.verdict == MIRRORED.get(original.verdict, original.verdict)
    decided = {
        metric_verdict.verdict
        for metric_verdict in decision.metrics
        if metric_verdict.metric.decides
    }
    if len(decided - {"same"}) <= 1:
        assert mirrored.verdict == MIRRORED.get(decision.verdict, decision.verdict)
    # Nor does the order of processes matter.
    turned = Measurement((replace(new.first, processes=new.first.processes[::-1]),))
    assert verdict.decide(base, turned, DEFAULTS).verdict == decision.verdict
    # Twice the time, with a base of twice the time, is the same question.
    names = ("end_to_end", "time_to_first_token", "inter_token")
    doubled = [
        Measurement(
            (
                replace(
                    side.first,
                    processes=tuple(
                        replace(process, **{name: 2 * getattr(process, name) for name in names})
                        for process in side.first.processes
                    ),
                ),
            )
        )
        for side in (base, new)
    ]
    assert verdict.decide(*doubled, DEFAULTS).verdict == decision.verdict
    # Nothing differs from itself; whether that can be shown is another matter.
    assert verdict.decide(base, base, DEFAULTS).verdict in ("same", "inconclusive")


def test_identical_samples_are_the_same(measure: Callable[..., Measurement]) -> None:
    base = measure(1)
    times = {name: np.full(10, 1e9) for name in ("end_to_end", "inter_token")}
    times |= {"time_to_first_token": np.full(10, 1e7), "sm_clock": np.full(10, 1980.0)}
    flat = changed(base, **times, prefill=np.full(10, 1e7), decode=np.full(10, 1e7))
    flat = changed(flat, device_time=np.empty(0))
    assert verdict.decide(flat, flat, tolerances(["0%"])).verdict == "same"


def noisy(processes: Any, spread: Any, delay: Any = 0.0, seed: Any = 0) -> Any:
    model = NoiseModel("any", processes=spread)
    return simulated.side(model, np.random.default_rng(seed), delay=delay).measure(processes, 10)


def test_the_noise_floor_takes_the_place_of_a_tolerance_that_is_too_tight() -> None:
    decision = verdict.decide(noisy(4, 0.01), noisy(4, 0.01, 0.02, seed=1), tolerances(["0.1%"]))
    judged = metric(decision, "end_to_end")
    assert judged.floor_decides
    assert judged.noise_floor > 0.005
    assert "which the noise floor of" in judged.reason
    # It raises what counts as a change and does not widen what counts as the same.
    assert judged.verdict == "inconclusive"


def test_inconclusive_says_what_it_needs_and_needs_what_it_says() -> None:
    decision = verdict.decide(noisy(3, 0.02), noisy(3, 0.02, 0.005, seed=5), DEFAULTS)
    judged = metric(decision, "end_to_end")
    assert decision.verdict == judged.verdict == "inconclusive"
    assert decision.another_round
    assert judged.need.more == "processes"
    assert f"needs about {judged.need.processes} processes with" in judged.reason
    enough = judged.need.processes
    again = verdict.decide(noisy(enough, 0.02), noisy(enough, 0.02, 0.001, seed=2), DEFAULTS)
    assert metric(again, "end_to_end").verdict == "same"


def test_hopeless_noise_says_so() -> None:
    decision = verdict.decide(noisy(3, 0.2, seed=5), noisy(3, 0.2, seed=6), DEFAULTS)
    assert metric(decision, "end_to_end").need is None
    assert "needs more than 100 processes on each side" in decision.reason


def test_one_process_each_can_be_judged_and_says_what_is_lost(
    measure: Callable[..., Measurement],
) -> None:
    decision = verdict.decide(measure(1, processes=1), measure(2, processes=1), DEFAULTS)
    assert decision.verdict == "inconclusive"
    assert metric(decision, "end_to_end").assumed
    assert any("fewer than four processes" in note for note in decision.notes)
    slow = verdict.decide(measure(1, processes=1), measure(2, processes=1, delay=0.2), DEFAULTS)
    assert slow.verdict == "slower"


def at_clocks(measured: Any, offset: float, elasticity: float, spread: float = 0.01) -> Any:
    """The measurement on a device whose clock differs by ``offset``, and from sample to sample.

    Its times follow the clock by ``elasticity``.
    """
    rng = np.random.default_rng(7)
    processes = []
    for process in measured.first.processes:
        factor = np.exp(np.log1p(offset) + rng.normal(0, spread, len(process.end_to_end)))
        times = {
            name: getattr(process, name) / factor**elasticity
            for name in ("end_to_end", "time_to_first_token", "inter_token", "prefill", "decode")
        }
        clock = process.sm_clock * factor
        processes.append(replace(process, **times, device_time=times["end_to_end"], sm_clock=clock))
    return Measurement((replace(measured.first, processes=tuple(processes)),))


@pytest.mark.parametrize(("offset", "claimed"), [(-0.1, "slower"), (0.1, "faster")])
def test_what_the_clock_is_shown_to_explain_is_no_change_of_the_code(
    measure: Callable[..., Measurement], offset: float, claimed: str
) -> None:
    base, new = at_clocks(measure(1), 0.0, 1.0), at_clocks(measure(2), offset, 1.0)
    decision = verdict.decide(base, new, DEFAULTS)
    assert decision.verdict == "inconclusive"
    assert f"end_to_end: {claimed} by" in decision.reason
    assert f"the clock differed by {offset * 100:+.0f}" in decision.reason


@pytest.mark.parametrize("spread", [0.01, 0.0])
def test_a_clock_that_times_do_not_follow_excuses_nothing(
    measure: Callable[..., Measurement], spread: float
) -> None:
    base = at_clocks(measure(1), 0.0, 0.0, spread)
    new = at_clocks(measure(2, delay=0.05), -0.06, 0.0, spread)
    decision = verdict.decide(base, new, DEFAULTS)
    assert decision.verdict == "slower"
    (note,) = (note for note in decision.notes if note.startswith("end_to_end: "))
    assert "the SM clock differed by -6" in note
    assert ("not shown to depend on it" if spread else "did not vary enough") in note


def test_a_change_beyond_what_the_clock_explains_stands(
    measure: Callable[..., Measurement],
) -> None:
    base, new = at_clocks(measure(1), 0.0, 1.0), at_clocks(measure(2, delay=0.2), -0.05, 1.0)
    decision = verdict.decide(base, new, DEFAULTS)
    assert decision.verdict == "slower"
    assert any("which explains a part" in note for note in decision.notes)


def test_without_clocks_times_decide(measure: Callable[..., Measurement]) -> None:
    new = changed(measure(2, delay=0.1), sm_clock=np.empty(0))
    decision = verdict.decide(measure(1), new, DEFAULTS)
    assert decision.verdict == "slower"
    assert metric(decision, "end_to_end").clock is None


def test_what_a_process_lacks_is_not_asked_for(measure: Callable[..., Measurement]) -> None:
    new = with_first_process(measure(2), device_time=np.empty(0))
    judged = metric(verdict.decide(measure(1), new, DEFAULTS), "device_time")
    assert judged.processes == (4, 3)
    assert judged.clock is not None


def test_a_disturbed_process_is_left_out_where_enough_remain(
    measure: Callable[..., Measurement],
) -> None:
    slow = measure(2).first.processes[0].end_to_end * 2
    new = with_first_process(measure(2), throttled=("thermal",), end_to_end=slow)
    decision = verdict.decide(measure(1), new, DEFAULTS)
    assert decision.verdict == "same"
    assert metric(decision, "end_to_end").processes == (4, 3)
    (disturbance,) = decision.disturbed
    assert (disturbance.side, disturbance.process, disturbance.left_out) == ("new", 0, True)
    assert disturbance.reasons == ("throttled by thermal",)


@pytest.mark.parametrize("delay", [0, 0.1, -0.1])
def test_without_enough_undisturbed_processes_times_decide_nothing(
    measure: Callable[..., Measurement], delay: Any
) -> None:
    new = changed(measure(2, delay=delay), foreign_processes=2)
    decision = verdict.decide(measure(1), new, DEFAULTS)
    assert decision.verdict == "inconclusive"
    assert decision.another_round
    assert "process 0 of new: 2 foreign processes on the device" in decision.reason
    assert metric(decision, "peak_allocated").verdict == "same"
    base = changed(measure(1), throttled=("power brake",))
    # Measuring the new side again does not make this baseline any better.
    assert not verdict.decide(base, new, DEFAULTS).another_round


def on_card(measured: Measurement, name: str) -> Measurement:
    fingerprint = {**measured.first.fingerprint, "device_hash": name}
    return Measurement((replace(measured.first, fingerprint=fingerprint),))


@pytest.mark.parametrize(
    ("delay", "expected"),
    [(0.0, "same"), (0.03, "inconclusive"), (-0.03, "inconclusive"), (0.1, "slower")],
)
def test_what_two_cards_may_differ_by_is_no_change_of_the_code(
    measure: Callable[..., Measurement], delay: float, expected: str
) -> None:
    base, new = on_card(measure(1), "1" * 16), on_card(measure(2, delay=delay), "2" * 16)
    decision = verdict.decide(base, new, DEFAULTS)
    assert decision.verdict == expected
    assert "measured on different cards of one kind" in decision.notes
    if expected == "inconclusive":
        assert "on different cards" in decision.reason
        # Measuring on this card again does not change the other one.
        assert not decision.another_round
    same_card = verdict.decide(on_card(measure(1), "2" * 16), new, DEFAULTS)
    assert same_card.verdict in ("same", "slower", "faster")


def test_cards_that_differ_more_than_is_assumed_are_believed(
    measure: Callable[..., Measurement],
) -> None:
    base, new = on_card(measure(1), "1" * 16), on_card(measure(2, delay=0.07), "2" * 16)
    assert verdict.decide(base, new, DEFAULTS).verdict == "slower"
    cards = [measure(seed, delay=delay) for seed, delay in enumerate((-0.05, -0.02, 0.02, 0.05))]
    decision = verdict.decide(base, new, DEFAULTS, cards)
    assert decision.verdict == "inconclusive"
    assert "as 4 cards do" in decision.reason


def test_processes_that_agree_by_chance_are_no_better_than_their_percentiles(
    measure: Callable[..., Measurement],
) -> None:
    gaps = 7e6 * np.random.default_rng(1).lognormal(0, 0.3, 1000)
    quantiles = gap_quantiles(gaps)
    process = replace(measure(1).processes[0], gap_quantiles=quantiles)
    judged = judge_metric(
        next(m for m in METRICS if m.name == "inter_token_p99"), 0.05, [process] * 4, [process] * 4
    )
    assert judged is not None
    # All eight are equal; the interval comes from how well a process knows its percentile.
    own = math.log(quantiles["p99"].high / quantiles["p99"].low) / (2 * 1.96)
    width = math.log(judged.ratio.high / judged.ratio.low)
    assert width == pytest.approx(2 * t_quantile(6) * own * math.sqrt(1 / 4 + 1 / 4), rel=0.01)


def test_what_ended_early_is_not_decided(measure: Callable[..., Measurement]) -> None:
    new = measure(2, delay=0.1)
    problem = {"kind": "timeout", "message": "1800 s are over", "hint": ""}
    new = Measurement((replace(new.first, status="partial", problem=problem),))
    decision = verdict.decide(measure(1), new, DEFAULTS)
    assert decision.verdict == "inconclusive"
    assert decision.reason == "new ended early (timeout: 1800 s are over)"
    assert not decision.another_round


def with_peaks(measured: Any, *peaks: Any) -> Any:
    processes = tuple(
        replace(process, memory={"decode": {"peak_allocated": peak, "peak_reserved": 2**30}})
        for process, peak in zip(measured.first.processes, peaks, strict=True)
    )
    return Measurement((replace(measured.first, processes=processes),))


@pytest.mark.parametrize(
    ("peaks", "expected", "overall"),
    [
        ((1000, 1000, 1000, 1000), "same", "same"),
        ((1004, 1004, 1004, 1004), "same", "same"),
        ((1006, 1006, 1006, 1006), "slower", "slower"),
        ((1000, 1000, 1000, 1006), "inconclusive", "inconclusive"),
        # Less memory is welcome, but it makes nothing faster.
        ((900, 900, 900, 900), "faster", "same"),
    ],
)
def test_memory_is_compared_exactly(
    measure: Callable[..., Measurement], peaks: Any, expected: Any, overall: Any
) -> None:
    base = with_peaks(measure(1), 1000, 1000, 1000, 1000)
    decision = verdict.decide(base, with_peaks(measure(2), *peaks), DEFAULTS)
    assert metric(decision, "peak_allocated").verdict == expected
    assert decision.verdict == overall


def with_reserved(measured: Any, *mebibytes: int) -> Any:
    processes = tuple(
        replace(
            process, memory={"decode": {"peak_allocated": 800 << 20, "peak_reserved": size << 20}}
        )
        for process, size in zip(measured.first.processes, mebibytes, strict=True)
    )
    return Measurement((replace(measured.first, processes=processes),))


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        # A segment more in one process, as between A and A.
        ((900, 900, 920, 900), "same"),
        ((920, 920, 920, 936), "same"),
        ((960, 960, 960, 960), "slower"),
        ((900, 900, 900, 960), "inconclusive"),
    ],
)
def test_reserved_memory_has_room_for_a_segment(
    measure: Callable[..., Measurement], sizes: tuple[int, ...], expected: str
) -> None:
    base = with_reserved(measure(1), 900, 900, 900, 900)
    decision = verdict.decide(base, with_reserved(measure(2), *sizes), DEFAULTS)
    assert metric(decision, "peak_reserved").verdict == expected


def test_wrong_output_comes_before_times(measure: Callable[..., Measurement]) -> None:
    new = measure(2, delay=-0.5)
    other = Output("1" * 64, ((5,) * simulated.TOKENS,), (), (), True)
    new = Measurement((replace(new.first, output=other),))
    decision = verdict.decide(measure(1), new, DEFAULTS)
    assert decision.verdict == "wrong_output"
    assert "token 0: 0 became 5" in decision.reason


def test_a_near_tie_is_noted(measure: Callable[..., Measurement]) -> None:
    base = measure(1)
    output = base.output
    margins = ((1e-3,) * simulated.TOKENS,)
    base = Measurement((replace(base.first, output=replace(output, margins=margins)),))
    tokens = ((0, 7, *range(2, simulated.TOKENS)),)
    new = Measurement(
        (replace(measure(2).first, output=replace(output, tokens=tokens, margins=margins)),)
    )
    decision = verdict.decide(base, new, DEFAULTS)
    assert decision.verdict == "same"
    assert "near tie" in decision.notes[0]


def test_slower_wins_over_faster_and_inconclusive(measure: Callable[..., Measurement]) -> None:
    base, new = measure(1), measure(2, delay=-0.1)
    new = changed(new, time_to_first_token=base.processes[0].time_to_first_token * 2)
    decision = verdict.decide(base, new, DEFAULTS)
    assert metric(decision, "end_to_end").verdict == "faster"
    assert decision.verdict == "slower"
    assert decision.reason.startswith("time_to_first_token: +")


def test_what_is_not_comparable_is_refused(measure: Callable[..., Measurement]) -> None:
    new = measure(2).first
    other = Measurement((replace(new, request={**new.request, "sequence_length": 8}),))
    with pytest.raises(InputError, match="sequence_length"):
        verdict.decide(measure(1), other, DEFAULTS)
    other = Measurement((replace(new, fingerprint={**new.fingerprint, "digest": "1" * 64}),))
    with pytest.raises(InputError, match="another device"):
        verdict.decide(measure(1), other, DEFAULTS)
