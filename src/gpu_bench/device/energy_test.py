from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from gpu_bench.device.energy import energy
from gpu_bench.device.telemetry import Reading

_SECOND = 1_000_000_000


def readings(
    power: Callable[[float], float],
    *,
    every: float = 0.1,
    seconds: float = 10,
    counter: Callable[[float], float] | None = None,
) -> list[Reading]:
    """What sensors say of a card that takes ``power(time)`` watts."""
    return [
        Reading(
            time=round(time * _SECOND),
            sm_clock=1980,
            memory_clock=3201,
            power=power(time),
            temperature=50,
            energy=None if counter is None else counter(time),
        )
        for time in (number * every for number in range(round(seconds / every) + 1))
    ]


def test_constant_power_is_exact() -> None:
    samples = [(0, 2 * _SECOND), (3 * _SECOND, 5 * _SECOND)]
    spent = energy(readings(lambda _: 500.0), samples)
    assert spent is not None
    assert (spent.joules, spent.error, spent.counter) == (pytest.approx(2000), 0, None)
    # Before the first reading and after the last, power is held.
    outside = energy(readings(lambda _: 500.0), [(-_SECOND, 0), (10 * _SECOND, 12 * _SECOND)])
    assert outside is not None
    assert outside.joules == pytest.approx(1500)


@pytest.mark.parametrize("every", [0.1, 0.25])
def test_the_error_covers_what_readings_miss(every: float) -> None:
    def power(time: float) -> float:
        return 500.0 if math.fmod(time, 1.7) < 0.9 else 200.0

    fine = [power(number / 10_000) for number in range(100_000)]
    truth = sum(fine) / 10_000
    spent = energy(readings(power, every=every), [(0, 10 * _SECOND)])
    assert spent is not None
    assert abs(spent.joules - truth) <= 2 * spent.error
    assert spent.error < 0.05 * truth


def test_what_the_counter_says_otherwise_is_part_of_the_error() -> None:
    agreeing = energy(
        readings(lambda _: 500.0, counter=lambda time: 7e5 + 500 * time), [(0, 4 * _SECOND)]
    )
    assert agreeing is not None
    assert (agreeing.counter, agreeing.error) == (pytest.approx(2000), pytest.approx(0, abs=1e-6))
    other = energy(readings(lambda _: 500.0, counter=lambda time: 525 * time), [(0, 4 * _SECOND)])
    assert other is not None
    assert (other.joules, other.counter) == (pytest.approx(2000), pytest.approx(2100))
    assert other.error == pytest.approx(100)


def test_without_power_there_is_no_energy() -> None:
    unknown = [
        Reading(time=time, sm_clock=None, memory_clock=None, power=None, temperature=None)
        for time in range(3)
    ]
    assert energy(unknown, [(0, 1)]) is None
    assert energy(readings(lambda _: 1.0)[:1], [(0, 1)]) is None
    assert energy(readings(lambda _: 1.0), []) is None
