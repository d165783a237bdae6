from __future__ import annotations

from typing import Any

import pytest

from gpu_bench.device.telemetry import Reading, foreign, missing_figures, overhead, summary
from rules_transformers_contract.cuda_device import Card


def reading(time: Any = 0, **values: Any) -> Any:
    return Reading(time, 1755, 3201, 400.0, 60, **values)


def test_throttling_is_named_once() -> None:
    readings = [reading(reasons=()), reading(reasons=("hot",)), reading(reasons=("hot", "brake"))]
    assert summary(readings, [], 0)["throttled"] == ["hot", "brake"]
    assert summary(readings[:1], [], 0)["throttled"] == []


def test_what_no_reading_knows_is_null_and_never_zero() -> None:
    summarized = summary([reading(), reading()], [], 0)
    assert (summarized["throttled"], summarized["foreign_processes"]) == (None, None)
    # One that fails among others is no gap.
    known = summary([reading(), reading(reasons=(), processes=())], [], 0)
    assert (known["throttled"], known["foreign_processes"]) == ([], 0)


def test_missing_figures_have_the_names_of_a_result() -> None:
    card = Card(0, "GPU-1", "Card", 1 << 30, driver="570", max_sm_clock=1980)
    assert missing_figures(card, reading(reasons=())) == [
        *("max_memory_clock", "power_limit", "foreign_processes", "energy.counter")
    ]
    assert {"sm_clock", "power", "throttled"} <= set(missing_figures(card, None))


@pytest.mark.parametrize(
    ("processes", "own", "expected"),
    [
        (None, {1}, 0),
        ((), {1}, 0),
        ((1,), {1}, 0),
        ((1, 2, 3), {1}, 2),
        ((1, 2), {1, 2}, 0),
        # In a container ours has another id.
        ((77,), {1}, 0),
        ((77, 78), {1}, 1),
    ],
)
def test_processes_of_others_are_counted(processes: Any, own: Any, expected: Any) -> None:
    assert foreign(processes, own) == expected


def test_the_most_foreign_processes_at_once_count() -> None:
    readings = [reading(processes=(1, 5)), reading(processes=(1, 6, 7)), reading(processes=(1,))]
    assert summary(readings, {1}, 0)["foreign_processes"] == 2


def test_times_are_since_the_first_sample() -> None:
    summarized = summary([reading(time=150), reading(time=200)], [], 150)
    assert [entry["time"] for entry in summarized["readings"]] == [0, 50]


def test_the_cost_of_readings_is_a_share() -> None:
    assert overhead([110, 99, 120], [100, 90, 105]) == pytest.approx(0.10)
    assert overhead([], [1]) is None
