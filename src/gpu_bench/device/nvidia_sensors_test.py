from __future__ import annotations

import pytest

from gpu_bench.device import nvidia_sensors
from gpu_bench.device.nvidia_sensors import NvmlSensors, sensors_of, smi_reading
from gpu_bench.device.telemetry import Reading
from gpu_bench.testing.machines import MACHINE, FakeNvml
from rules_transformers_contract.cuda_device import Card

CARD = Card(0, MACHINE["one H200"].cards[0].uuid, "NVIDIA H200", 1 << 30)


def test_the_tool_and_nvml_read_alike(fake_nvml: FakeNvml) -> None:
    fake_nvml.reasons = 0x4
    fake_nvml.processes = [4242]
    line = "1755, 3201, 412.345, 61, 0x0000000000000004\n"
    by_tool = smi_reading(5, line, "4242\n")
    by_nvml = NvmlSensors(fake_nvml, CARD).read()
    assert by_tool == Reading(5, 1755, 3201, 412.345, 61, (), (4242,))
    assert {**vars(by_nvml), "time": 5} == vars(by_tool)


def test_what_a_card_does_not_know_is_null(fake_nvml: FakeNvml) -> None:
    fake_nvml.unsupported = {"power", "processes", "clock"}
    values = NvmlSensors(fake_nvml, CARD).read()
    assert (values.power, values.sm_clock, values.processes) == (None, None, None)
    partial = smi_reading(0, "[N/A], 3201, [N/A], 61, [N/A]", "")
    assert (partial.sm_clock, partial.power, partial.reasons) == (None, None, None)


def test_a_card_that_falls_off_the_bus_gives_empty_readings(
    monkeypatch: pytest.MonkeyPatch, fake_nvml: FakeNvml
) -> None:
    monkeypatch.setattr(nvidia_sensors, "load_nvml", lambda: fake_nvml)
    sensors = sensors_of(CARD)
    assert sensors is not None
    fake_nvml.is_off_the_bus = True
    lost = sensors.read()
    assert lost is not None
    assert (lost.power, lost.sm_clock, lost.processes, lost.reasons) == (None, None, None, None)
    # Lost between being listed and being watched.
    assert sensors_of(CARD) is None


def test_an_error_of_the_tool_is_no_reading() -> None:
    assert smi_reading(0, "Unable to determine the device handle", "") is None


def test_idleness_and_set_limits_are_no_throttling(fake_nvml: FakeNvml) -> None:
    fake_nvml.reasons = 0x1 | 0x2 | 0x4 | 0x100
    assert NvmlSensors(fake_nvml, CARD).read().reasons == ()
    fake_nvml.reasons |= 0x60
    reasons = ("software thermal slowdown", "hardware thermal slowdown")
    assert NvmlSensors(fake_nvml, CARD).read().reasons == reasons
    fake_nvml.unsupported = {"reasons"}
    assert NvmlSensors(fake_nvml, CARD).read().reasons is None
