from __future__ import annotations

import math

import numpy as np
import pytest

from gpu_bench.judge.clock import ClockEffect, clock_effect


def effect(
    elasticity: float,
    *,
    offset: float = 0.0,
    processes: float = 0.01,
    samples: float = 0.0,
    noise: float = 0.002,
    seed: int = 0,
    number: int = 4,
) -> ClockEffect:
    """Of two sides of ``number`` processes with 20 samples; the new side's clock is ``offset``."""
    rng = np.random.default_rng(seed)
    times, clocks = [], []
    for shift in (0.0, math.log1p(offset)):
        log_clocks = [
            shift + rng.normal(0, processes) + rng.normal(0, samples, 20) for _ in range(number)
        ]
        clocks.append([1980 * np.exp(log_clock) for log_clock in log_clocks])
        times.append(
            [
                np.exp(rng.normal(0, noise) + rng.normal(0, noise, 20) - elasticity * log_clock)
                for log_clock in log_clocks
            ]
        )
    return clock_effect(times, clocks)


@pytest.mark.parametrize("elasticity", [0.0, 0.3, 1.0])
@pytest.mark.parametrize(("processes", "samples"), [(0.02, 0.0), (0.0, 0.02), (0.01, 0.01)])
def test_the_interval_of_the_elasticity_covers_the_truth(
    elasticity: float, processes: float, samples: float
) -> None:
    covered = 0
    for seed in range(200):
        estimate = effect(elasticity, processes=processes, samples=samples, seed=seed).elasticity
        assert estimate is not None
        covered += estimate.low <= elasticity <= estimate.high
    assert covered >= 0.9 * 200


def test_without_dependence_there_is_seldom_a_correction() -> None:
    corrected = [effect(0.0, seed=seed).corrected is not None for seed in range(400)]
    assert sum(corrected) <= 0.05 * 400


def test_the_correction_leaves_what_the_clock_does_not_explain() -> None:
    corrected = effect(1.0, offset=-0.06, processes=0.02).corrected
    assert corrected is not None
    assert corrected.low <= 0 <= corrected.high
    assert effect(1.0, offset=-0.06, processes=0.02).ratio == pytest.approx(0.94, abs=0.03)


def test_a_clock_that_does_not_vary_shows_nothing() -> None:
    estimate = effect(1.0, offset=-0.06, processes=0.0)
    assert estimate.elasticity is None
    assert estimate.corrected is None


def test_one_process_with_another_clock_shows_nothing() -> None:
    """Whatever else is odd about that process would be taken for the clock's doing."""
    rng = np.random.default_rng(1)
    clocks = [[np.full(20, 1980.0) for _ in range(4)] for _ in range(2)]
    clocks[1][0] = np.full(20, 1900.0)
    times = [[np.exp(rng.normal(0, 0.002, 20)) for _ in range(4)] for _ in range(2)]
    times[1][0] = times[1][0] * 1.04
    assert clock_effect(times, clocks).corrected is None


def test_outliers_of_times_do_not_hide_the_dependence() -> None:
    rng = np.random.default_rng(3)
    clocks = [[1980 * np.exp(rng.normal(0, 0.01, 40)) for _ in range(4)] for _ in range(2)]
    times = [
        [2000 / clock * np.where(rng.random(40) < 0.05, 3, 1) for clock in side] for side in clocks
    ]
    elasticity = clock_effect(times, clocks).elasticity
    assert elasticity is not None
    assert elasticity.is_shown
    assert elasticity.value == pytest.approx(1.0, abs=0.4)
