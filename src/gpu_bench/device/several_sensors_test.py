from __future__ import annotations

import pytest

from gpu_bench.device.several_sensors import SeveralSensors, of_card, sensors_of_all, together
from gpu_bench.device.telemetry import Reading

FIRST = Reading(7, 1980, 2619, 400.0, 60, (), (1, 2), 1000.0)
SECOND = Reading(9, 1755, 2700, 350.0, 71, ("hardware slowdown",), (2, 3), 500.0)


class FakeSensors:
    interval_seconds = 0.1

    def __init__(self, reading: Reading | None, interval: float = 0.1) -> None:
        self.reading = reading
        self.interval_seconds = interval

    def read(self) -> Reading | None:
        return self.reading


def test_the_slowest_and_hottest_card_counts_and_energy_is_summed() -> None:
    assert together([FIRST, SECOND]) == Reading(
        time=7,
        sm_clock=1755,
        memory_clock=2619,
        power=750.0,
        temperature=71,
        reasons=("hardware slowdown",),
        processes=(1, 2, 3),
        energy=1500.0,
        cards=(FIRST, SECOND),
    )


@pytest.mark.parametrize("figure", ["sm_clock", "power", "temperature", "reasons", "energy"])
def test_a_figure_that_one_card_does_not_report_is_none(figure: str) -> None:
    blind = Reading(**{**vars(SECOND), figure: None})
    assert getattr(together([FIRST, blind]), figure) is None


def test_a_reading_gives_back_that_of_each_card() -> None:
    both = together([FIRST, SECOND])
    assert [of_card(both, index) for index in range(2)] == [FIRST, SECOND]
    assert of_card(FIRST, 0) == FIRST


def test_one_card_is_read_by_itself_and_all_or_none_are_read() -> None:
    one, other = FakeSensors(FIRST), FakeSensors(SECOND, 0.5)
    assert sensors_of_all([one]) is one
    assert sensors_of_all([]) is None
    assert sensors_of_all([one, None]) is None
    both = sensors_of_all([one, other])
    assert isinstance(both, SeveralSensors)
    assert both.interval_seconds == 0.5
    assert both.read() == together([FIRST, SECOND])
    other.reading = None
    assert both.read() is None
