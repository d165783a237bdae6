from __future__ import annotations

import random

from gpu_bench.measure.warmup import is_warm, settled

MS = 1_000_000


def test_equal_windows_are_settled_and_the_cold_run_does_not_count() -> None:
    assert settled([900 * MS, *[100 * MS] * 6])
    assert not settled([100 * MS] * 6)


def test_a_falling_curve_is_not_settled() -> None:
    assert not settled([900 * MS, *[value * MS for value in (200, 180, 160, 140, 120, 110)]])


def test_noise_does_not_hold_a_warm_process_up() -> None:
    draw = random.Random(1)
    warm = 0
    for _ in range(200):
        times = [900 * MS, *[round(100 * MS * draw.gauss(1, 0.05)) for _ in range(6)]]
        warm += settled(times)
    assert warm > 120


def test_minimum_and_maximum_hold() -> None:
    steady = [100 * MS] * 10
    assert not is_warm(steady, 11, 30)
    assert is_warm(steady, 10, 30)
    falling = [(20 - number) * MS for number in range(10)]
    assert not is_warm(falling, 1, 30)
    assert is_warm(falling, 1, 10)
    assert is_warm([0], 1, 1)
