from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from gpu_bench.measure.stop_rule import StopRule, median_interval, relative_width

RULE = StopRule(min_samples=10, max_samples=50, min_seconds=1.0, target_interval=0.01)
MS = 1_000_000


@given(st.integers(1, 400))
def test_the_interval_is_that_of_the_binomial_distribution(count: Any) -> None:
    interval = median_interval(list(range(count)))
    rank = int(stats.binom.ppf(0.025, count, 0.5))
    # ppf is the first whose tail reaches 2.5 %: one further out is the last whose tail does not
    # exceed it, but for a tail of exactly 2.5 %, which no power of two is.
    if rank == 0:
        assert interval is None
    else:
        assert interval == (rank - 1, count - rank)


def test_the_interval_holds_the_median_as_often_as_it_says() -> None:
    generator = np.random.default_rng(0)
    held = 0
    for _ in range(2000):
        low, high = median_interval(list(generator.exponential(1.0, 25)))
        held += low <= math.log(2) <= high
    assert 0.94 <= held / 2000 <= 0.98


def test_few_samples_have_no_interval() -> None:
    assert median_interval([1, 2, 3, 4, 5]) is None
    assert relative_width([1, 2, 3, 4, 5]) == math.inf
    assert median_interval([6, 5, 4, 3, 2, 1]) == (1, 6)


@pytest.mark.parametrize(
    ("times", "left", "expected"),
    [
        ([200 * MS] * 9, 100, None),
        ([200 * MS] * 10, 100, "target_interval"),
        ([50 * MS] * 10, 100, None),
        ([190 * MS, 210 * MS] * 10, 100, None),
        ([190 * MS, 210 * MS] * 25, 100, "max_samples"),
        ([200 * MS] * 10, 0.1, "timeout"),
        ([200 * MS], 0.1, "timeout"),
    ],
)
def test_the_first_condition_that_holds_ends_it(times: Any, left: Any, expected: Any) -> None:
    assert RULE.decide(times, left) == expected
