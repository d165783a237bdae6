from __future__ import annotations

from typing import Any

import pytest

from gpu_bench.device import telemetry
from gpu_bench.device.telemetry import (
    NvmlSensors,
    Reading,
    foreign,
    overhead,
    sensors_of,
    smi_reading,
    summary,
)
from gpu_bench.testing.machines import MACHINE, FakeNvml
from rules_transformers_contract.cuda_device import Card

CARD = Card(0, MACHINE["one H200"].cards[0].uuid, "NVIDIA H200", 1 << 30)


def reading(time: Any = 0, **values: Any) -> Any:
    return Reading(time, 1755, 3201, 400.0, 60, **values)


def test_the_tool_and_nvml_read_alike(fake_nvml: FakeNvml) -> None:
    fake_nvml.reasons = 0x4
    fake_nvml.processes = [4242]
    line = "1755, 3201, 412.345, 61, 0x0000000000000004\n"
    by_tool = smi_reading(5, line, "4242\n")
    by_nvml = NvmlSensors(fake_nvml, CARD).read()
    assert by_tool == Reading(5, 1755, 3201, 412.345, 61, 4, (4242,))
    assert {**vars(by_nvml), "time": 5} == vars(by_tool)


def test_what_a_card_does_not_know_is_null(fake_nvml: FakeNvml) -> None:
    fake_nvml.unsupported = {"power", "processes", "clock"}
    values = NvmlSensors(fake_nvml, CARD).read()
    assert (values.power, values.sm_clock, values.processes) == (None, None, None)
    partial = smi_reading(0, "[N/A], 3201, [N/A], 61, [N/A]", "")
    assert (partial.sm_clock, partial.power, partial.reasons) == (None, None, 0)


def test_a_card_that_falls_off_the_bus_gives_empty_readings(
    monkeypatch: pytest.MonkeyPatch, fake_nvml: FakeNvml
) -> None:
    monkeypatch.setattr(telemetry, "load_nvml", lambda: fake_nvml)
    sensors = sensors_of(CARD)
    assert sensors is not None
    fake_nvml.is_off_the_bus = True
    lost = sensors.read()
    assert lost is not None
    assert (lost.power, lost.sm_clock, lost.processes, lost.reasons) == (None, None, None, 0)
    # Lost between being listed and being watched.
    assert sensors_of(CARD) is None


def test_an_error_of_the_tool_is_no_reading() -> None:
    assert smi_reading(0, "Unable to determine the device handle", "") is None


def test_throttling_is_named_once_and_set_limits_are_none() -> None:
    idle_and_set_limits = 0x1 | 0x2 | 0x4 | 0x100
    readings = [reading(reasons=idle_and_set_limits), reading(reasons=0x20), reading(reasons=0x60)]
    summarized = summary(readings, [], 0, None)
    assert summarized["throttled"] == ["software thermal slowdown", "hardware thermal slowdown"]
    assert summary(readings[:1], [], 0, None)["throttled"] == []


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
    assert summary(readings, {1}, 0, 0.01)["foreign_processes"] == 2


def test_times_are_since_the_first_sample() -> None:
    summarized = summary([reading(time=150), reading(time=200)], [], 150, None)
    assert [entry["time"] for entry in summarized["readings"]] == [0, 50]


def test_the_cost_of_readings_is_a_share() -> None:
    assert overhead([110, 99, 120], [100, 90, 105]) == pytest.approx(0.10)
    assert overhead([], [1]) is None


def test_a_processor_has_no_sensors() -> None:
    assert sensors_of(None) is None
