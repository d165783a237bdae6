from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gpu_bench.judge import intervals
from gpu_bench.judge.intervals import Side

TIMES = st.lists(st.floats(1e3, 1e12), min_size=1, max_size=12).map(np.array)
PROCESSES = st.lists(TIMES, min_size=1, max_size=4)


def compare(base: Any, new: Any) -> Any:
    return intervals.difference(intervals.side(base), intervals.side(new))


@settings(deadline=None)
@given(PROCESSES, PROCESSES, st.floats(1e-3, 1e3))
def test_the_unit_does_not_matter(base: Any, new: Any, factor: Any) -> None:
    original = compare(base, new)
    other = compare([factor * time for time in base], [factor * time for time in new])
    assert (original.low, original.high) == pytest.approx((other.low, other.high), abs=1e-6)


@settings(deadline=None)
@given(PROCESSES, PROCESSES)
def test_swapping_the_sides_mirrors_the_interval(base: Any, new: Any) -> None:
    original, other = compare(base, new), compare(new, base)
    assert (original.low, original.middle, original.high) == pytest.approx(
        (-other.high, -other.middle, -other.low), abs=1e-9
    )


@settings(deadline=None)
@given(PROCESSES, st.randoms())
def test_the_order_of_processes_does_not_matter(new: Any, random: Any) -> None:
    shuffled = list(new)
    random.shuffle(shuffled)
    base = [np.array([1e6, 1.1e6])]
    original, other = compare(base, new), compare(base, shuffled)
    assert (original.low, original.high) == pytest.approx((other.low, other.high), abs=1e-9)


@settings(deadline=None)
@given(PROCESSES)
def test_a_measurement_does_not_differ_from_itself(base: Any) -> None:
    difference = compare(base, base)
    assert difference.middle == 0
    assert difference.low == -difference.high


@settings(deadline=None)
@given(PROCESSES, PROCESSES, st.floats(0.5, 2))
def test_a_factor_on_all_times_is_found_as_such(base: Any, new: Any, factor: Any) -> None:
    original, other = compare(base, new), compare(base, [factor * time for time in new])
    assert other.middle - original.middle == pytest.approx(math.log(factor), abs=1e-9)
    assert other.high - other.low == pytest.approx(original.high - original.low, abs=1e-9)


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=30).map(np.array), st.floats(-1e9, 1e9))
def test_outliers_move_the_centre_within_the_rest(values: Any, outlier: Any) -> None:
    number = len(values) // 4
    spoilt = np.concatenate([values, np.full(number, outlier)])
    assert -1 <= intervals.centre(spoilt) <= 1


def test_the_centre_stays_between_two_clock_states_where_the_median_jumps() -> None:
    few, many = np.repeat([0.0, 1.0], [11, 9]), np.repeat([0.0, 1.0], [9, 11])
    assert (np.median(few), np.median(many)) == (0, 1)
    assert intervals.centre(few) == intervals.centre(many) == 0.5


def test_many_samples_are_thinned_without_harm() -> None:
    values = np.random.default_rng(0).normal(5, 1, 5000)
    assert intervals.centre(values) == pytest.approx(np.mean(values), abs=0.01)


def test_the_error_within_a_process_is_that_of_its_centre() -> None:
    rng = np.random.default_rng(0)
    drawn = rng.normal(0, 1, (400, 50))
    truth = np.std([intervals.centre(samples) for samples in drawn])
    estimated = np.median([intervals.error_within(samples) for samples in drawn])
    assert estimated == pytest.approx(truth, rel=0.25)


def test_neighbours_that_are_alike_count_as_fewer_samples() -> None:
    rng = np.random.default_rng(0)
    white = rng.normal(0, 1, 200)
    alike = np.repeat(white[:20], 10)
    assert intervals.error_within(alike) > 2 * intervals.error_within(white)


@pytest.mark.parametrize(
    ("middle", "limit"), [(0.0, 0.02), (0.01, 0.03), (0.05, 0.03), (-0.05, 0.03), (0.1, 0.001)]
)
def test_as_many_processes_as_are_needed_decide_and_one_less_does_not(
    middle: Any, limit: Any
) -> None:
    spread = 0.02

    def difference_with(number: Any) -> Any:
        # Two groups, so that the estimated spread is exact.
        signs = np.resize([1.0, -1.0], number)
        signs -= signs.mean()
        signs *= spread * math.sqrt((number - 1) / np.sum(signs**2))
        sides = [Side(signs, np.zeros(number), 10 * number) for _ in range(2)]
        sides[1] = Side(signs + middle, np.zeros(number), 10 * number)
        return intervals.difference(*sides)

    def decided(number: Any) -> Any:
        difference = difference_with(number)
        outside = max(limit, intervals.noise_floor(difference.noise))
        inside = -limit <= difference.low and difference.high <= limit
        return inside or difference.low > outside or difference.high < -outside

    need = intervals.needed(difference_with(2), limit, 2, 20)
    assert need.more == "processes"
    assert need.samples == 10 * need.processes
    assert decided(need.processes)
    assert not decided(need.processes - 1)


def test_samples_are_asked_for_where_they_are_what_lacks() -> None:
    between, within = 0.002, 0.02
    difference = intervals.Difference(-1, 0, 1, math.hypot(between, within), within, 0, False)
    need = intervals.needed(difference, 0.03, 4, 40)
    assert need.more == "samples"
    assert need.processes == 4
    assert 40 < need.samples < 4000
    # No number of samples lowers what lies between processes.
    difference = intervals.Difference(-1, 0, 1, math.hypot(0.019, within), within, 0, False)
    assert intervals.needed(difference, 0.01, 4, 40).more == "processes"


def test_a_difference_at_the_limit_needs_too_many() -> None:
    difference = intervals.Difference(-1, 0.02, 1, 0.01, 0.001, 0, False)
    assert intervals.needed(difference, 0.02, 4, 40) is None


@pytest.mark.parametrize(("base", "new", "assumed"), [(1, 1, True), (2, 1, True), (2, 2, False)])
def test_with_too_few_processes_their_spread_is_assumed(base: Any, new: Any, assumed: Any) -> None:
    sides = [Side(np.zeros(number), np.full(number, 0.001), 10) for number in (base, new)]
    difference = intervals.difference(*sides)
    assert difference.assumed == assumed
    assert (difference.spread >= intervals.ASSUMED_SPREAD) == assumed


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 6), st.integers(2, 6), st.floats(0.001, 0.02))
def test_the_interval_covers_as_often_as_it_says(base: Any, new: Any, spread: Any) -> None:
    assume(base + new > 3)
    rng = np.random.default_rng(base * 10 + new)
    covered = 0
    for _ in range(400):
        sides = [
            Side(rng.normal(0, spread, number), np.zeros(number), number) for number in (base, new)
        ]
        difference = intervals.difference(*sides)
        covered += difference.low <= 0 <= difference.high
    assert 0.92 <= covered / 400 <= 0.98
