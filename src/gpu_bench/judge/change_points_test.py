"""Which steps are found in a series, and how often one is found where there is none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpu_bench.judge.change_points import FALSE_ALARM, FEWEST, MOST, SHORTEST, steps

TRIALS = 300

NOISE: dict[str, Callable[[np.random.Generator, int], Any]] = {
    "normal": lambda rng, number: rng.normal(0, 0.005, number),
    "heavy tails": lambda rng, number: 0.005 * rng.standard_t(2, number),
    "bad runs": lambda rng, number: (
        rng.normal(0, 0.003, number) + (rng.random(number) < 0.1) * rng.uniform(0.1, 1, number)
    ),
    "two states": lambda rng, number: (
        rng.normal(0, 0.001, number) + 0.03 * (rng.random(number) < 0.3)
    ),
}


def places(logs: Any) -> list[int]:
    return [step.place for step in steps(np.exp(logs))]


@pytest.mark.parametrize("noise", NOISE)
@pytest.mark.parametrize("number", [FEWEST, 40])
def test_a_series_without_a_step_has_none(noise: Any, number: Any) -> None:
    rng = np.random.default_rng(1)
    alarms = sum(bool(places(NOISE[noise](rng, number))) for _ in range(TRIALS))
    # Two standard deviations above what is allowed.
    allowed = FALSE_ALARM * TRIALS
    assert alarms <= allowed + 2 * allowed**0.5


@pytest.mark.parametrize(
    ("number", "place", "size"),
    [(12, 9, 0.03), (20, 17, 0.03), (20, 10, 0.02), (40, 20, 0.015)],
)
def test_a_step_is_found_where_it_is(number: Any, place: Any, size: Any) -> None:
    rng = np.random.default_rng(2)
    found = 0
    for _ in range(100):
        logs = rng.normal(0, 0.005, number)
        logs[place:] += size
        found += any(abs(other - place) <= 1 for other in places(logs))
    assert found >= 90


def test_the_size_of_a_step_has_an_interval() -> None:
    rng = np.random.default_rng(3)
    covered = 0
    for _ in range(100):
        logs = rng.normal(0, 0.005, 30)
        logs[15:] += np.log(1.05)
        (step, *_) = (step for step in steps(np.exp(logs)) if step.place == 15)
        covered += step.difference.low <= np.log(1.05) <= step.difference.high
    assert covered >= 90


def test_a_rise_and_a_fall_do_not_hide_each_other() -> None:
    logs = np.random.default_rng(4).normal(0, 0.005, 30)
    logs[10:16] += 0.03
    assert places(logs) == [10, 16]


def test_two_steps_up_are_two() -> None:
    logs = np.random.default_rng(5).normal(0, 0.003, 40)
    logs[10:] += 0.03
    logs[25:] += 0.03
    assert places(logs) == [10, 25]


def test_one_bad_run_is_no_step_and_hides_none() -> None:
    logs = np.random.default_rng(6).normal(0, 0.005, 30)
    logs[5] += 0.7
    assert places(logs) == []
    logs[22:] += 0.03
    assert places(logs) == [22]


def test_a_figure_without_chance_has_its_steps() -> None:
    assert places(np.log([17.0] * 8 + [18.0] * 8)) == [8]
    assert places(np.zeros(30)) == []


@settings(max_examples=50)
@given(st.lists(st.floats(1e-3, 1e9), max_size=60), st.floats(0.1, 10))
def test_pieces_are_long_enough_and_units_do_not_matter(values: Any, unit: Any) -> None:
    found = [step.place for step in steps(values)]
    ends = [0, *found, len(values)]
    if found:
        assert len(values) >= FEWEST
        assert min(np.diff(ends)) >= SHORTEST
    assert [step.place for step in steps([value * unit for value in values])] == found


def test_a_long_history_is_searched_at_its_end() -> None:
    logs = np.random.default_rng(7).normal(0, 0.005, 3 * MOST)
    logs[-10:] += 0.03
    assert places(logs) == [3 * MOST - 10]
