"""Devices of AMD and Intel, as far as fakes can play them: no such device was tried."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from gpu_bench.conftest import FakeCuda
from gpu_bench.core.errors import MissingPackage, NoAccelerator
from gpu_bench.core.vendors import not_tried
from gpu_bench.device import amd
from gpu_bench.device.amd import AmdSensors
from gpu_bench.device.fingerprint import cards_for, fingerprint
from gpu_bench.device.identity import check_device, from_json, to_json
from gpu_bench.device.telemetry import missing_figures, summary
from gpu_bench.device.torch_device import AcceleratorDevice
from gpu_bench.device.vendor_choice import vendor_for, vendor_of
from gpu_bench.testing.other_vendors import (
    AMD_MACHINE,
    INTEL_MACHINE,
    FakeAmdsmi,
    OtherMachine,
)

VARIABLES = (
    *("HIP_VISIBLE_DEVICES", "CUDA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES"),
    *("ZE_AFFINITY_MASK", "ONEAPI_DEVICE_SELECTOR"),
)
NAME = {AMD_MACHINE: "cuda", INTEL_MACHINE: "xpu"}
BOTH = pytest.mark.parametrize("machine", [AMD_MACHINE, INTEL_MACHINE], ids=["AMD", "Intel"])


@pytest.fixture
def on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., None]:
    """Plays a machine, with `amdsmi` or without."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)

    def play(machine: OtherMachine, amdsmi: FakeAmdsmi | None = None) -> None:
        monkeypatch.syspath_prepend(str(machine.write_torch(tmp_path)))
        monkeypatch.setattr(amd, "load_amdsmi", lambda: amdsmi)

    return play


@BOTH
def test_a_fingerprint_names_the_vendor(machine: OtherMachine, on: Callable[..., None]) -> None:
    on(machine)
    (card,) = cards_for(NAME[machine])
    known = fingerprint([card])
    assert known["vendor"] == machine.vendor == vendor_of(card).name
    assert known["accelerator"]["name"] == machine.name
    assert known["accelerator"]["memory"] == machine.memory << 20
    assert ("hip" in known["accelerator"]) == (machine is AMD_MACHINE)
    assert ("xpu" in known["accelerator"]) == (machine is INTEL_MACHINE)
    assert machine.vendor in str(not_tried(known["vendor"]))
    assert from_json(json.loads(json.dumps(to_json(card)))) == card


@BOTH
def test_figures_that_a_device_does_not_give_are_missing_with_a_reason(
    machine: OtherMachine, on: Callable[..., None]
) -> None:
    on(machine)
    (card,) = cards_for(NAME[machine])
    vendor = vendor_of(card)
    assert vendor.sensors(card) is None
    missing = missing_figures(card, None)
    assert {"power", "sm_clock", "throttled", "foreign_processes", "power_limit"} <= set(missing)
    assert ("driver" in missing) == (machine is AMD_MACHINE)
    reason = "amdsmi" if machine is AMD_MACHINE else "torch.xpu"
    assert reason in vendor.absence(card)
    accelerator = fingerprint([card])["accelerator"]
    assert 0 not in accelerator.values()
    assert list(vendor.advice(card, [], 0)) == []


@pytest.mark.parametrize(
    ("machine", "variables", "serial", "alone"),
    [
        (AMD_MACHINE, {}, 0, {"HIP_VISIBLE_DEVICES": "0"}),
        (AMD_MACHINE, {"HIP_VISIBLE_DEVICES": "1,0"}, 1, {"HIP_VISIBLE_DEVICES": "1"}),
        (AMD_MACHINE, {"CUDA_VISIBLE_DEVICES": "1"}, 1, {"HIP_VISIBLE_DEVICES": "1"}),
        (INTEL_MACHINE, {}, 0, {"ZE_AFFINITY_MASK": "0"}),
        (INTEL_MACHINE, {"ZE_AFFINITY_MASK": "1, 0"}, 1, {"ZE_AFFINITY_MASK": "1"}),
        (INTEL_MACHINE, {"ONEAPI_DEVICE_SELECTOR": "level_zero:*"}, 0, {}),
    ],
)
def test_the_chosen_device_is_the_first_that_is_visible(
    machine: OtherMachine,
    variables: dict[str, str],
    serial: int,
    alone: dict[str, str],
    on: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    on(machine)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    (card,) = cards_for(NAME[machine])
    properties = SimpleNamespace(**machine.properties(machine.serials[serial]))
    check_device(card, properties)
    other = SimpleNamespace(**machine.properties(machine.serials[1 - serial]))
    with pytest.raises(NoAccelerator, match="UUID"):
        check_device(card, other)
    # As the measuring process is started.
    assert vendor_of(card).visibility([card], variables) == alone
    for name, value in alone.items():
        monkeypatch.setenv(name, value)
    assert cards_for(NAME[machine]) == (card,)


@BOTH
def test_several_devices_are_the_first_that_are_visible(
    machine: OtherMachine, on: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    on(machine)
    variable = "HIP_VISIBLE_DEVICES" if machine is AMD_MACHINE else "ZE_AFFINITY_MASK"
    first, second = cards_for(NAME[machine], 2)
    assert vendor_of(first).visibility([first, second], {}) == {variable: "0,1"}
    monkeypatch.setenv(variable, "1,0")
    turned = cards_for(NAME[machine], 2)
    assert [card.uuid for card in turned] == [second.uuid, first.uuid]
    assert vendor_of(first).visibility(turned, {variable: "1, 0"}) == {variable: "1,0"}
    with pytest.raises(NoAccelerator, match="3 devices are needed, but torch sees 2") as caught:
        cards_for(NAME[machine], 3)
    assert variable in caught.value.message
    assert "tensor_parallel_size" in caught.value.hint


@BOTH
def test_hidden_devices_are_none(
    machine: OtherMachine, on: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    on(machine)
    variable = "HIP_VISIBLE_DEVICES" if machine is AMD_MACHINE else "ZE_AFFINITY_MASK"
    monkeypatch.setenv(variable, "7")
    with pytest.raises(NoAccelerator, match=f'{machine.vendor} device with {variable}="7"'):
        cards_for(NAME[machine])


def test_another_build_of_torch_is_named(on: Callable[..., None]) -> None:
    on(AMD_MACHINE)
    with pytest.raises(MissingPackage, match="is built without XPU"):
        cards_for("xpu")


def test_a_torch_that_fails_is_quoted(tmp_path: Path, on: Callable[..., None]) -> None:
    on(AMD_MACHINE)
    (tmp_path / "torch" / "__init__.py").write_text("raise OSError('libamdhip64.so.7: not found')")
    with pytest.raises(NoAccelerator, match="cannot name its devices: OSError: libamdhip64"):
        cards_for("cuda")


@pytest.mark.parametrize("unsupported", [(), ("enumeration",), ("asic",)])
def test_amdsmi_describes_the_device_that_torch_sees(
    unsupported: tuple[str, ...], on: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    amdsmi = FakeAmdsmi(unsupported=unsupported)
    on(AMD_MACHINE, amdsmi)
    monkeypatch.setenv("HIP_VISIBLE_DEVICES", "1")
    (card,) = cards_for("cuda")
    assert card.address == "0000:22:00.0"
    assert (card.driver, card.max_sm_clock, card.max_memory_clock) == ("6.14.14", 2100, 1300)
    assert card.power_limit == 750
    sensors = vendor_of(card).sensors(card)
    assert sensors is not None
    amdsmi.processes = [4242]
    amdsmi.throttling = {"ppt_pwr", "hbm_thrm"}
    reading = sensors.read()
    assert reading is not None
    assert missing_figures(card, reading) == []
    assert (reading.sm_clock, reading.memory_clock, reading.power) == (1900, 1300, 412)
    assert (reading.temperature, reading.energy) == (61, pytest.approx(30.6))
    # A limit of power is none.
    assert reading.reasons == ("memory temperature",)
    assert reading.processes == (4242,)


def test_a_device_that_amdsmi_does_not_know_gets_no_figures_of_another(
    on: Callable[..., None],
) -> None:
    on(AMD_MACHINE, FakeAmdsmi(unsupported=("enumeration", "asic")))
    (card,) = cards_for("cuda")
    assert card.address is None
    assert vendor_of(card).sensors(card) is None
    assert "no device, or several" in vendor_of(card).absence(card)


def test_what_amdsmi_does_not_report_is_null_and_never_zero() -> None:
    names = ("clock", "power", "temperature", "violation", "processes", "energy")
    reading = AmdSensors(FakeAmdsmi(unsupported=names), AMD_MACHINE.serials[0]).read()
    values = {name: value for name, value in vars(reading).items() if name != "time"}
    assert set(values.values()) == {None, ()}
    telemetry = summary([reading], [], reading.time)
    assert (telemetry["throttled"], telemetry["foreign_processes"]) == (None, None)
    for value in ("N/A", 2**32 - 1, True, None):
        assert amd.number({"clk": value, "cur_clk": 7}, "clk", "cur_clk") == 7


@pytest.mark.parametrize("error", ["KeyError('libamd_smi.so')", "AttributeError('symbol')"])
def test_an_amdsmi_without_its_library_is_none_and_silent(
    error: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    # As the package of release 7.0.2 does.
    broken = f"print('Unable to find libamd_smi.so library')\nraise {error}\n"
    (tmp_path / "amdsmi.py").write_text(broken)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert amd.load_amdsmi() is None
    assert capsys.readouterr().out == ""


def test_an_amdsmi_whose_driver_is_missing_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    amdsmi = FakeAmdsmi(unsupported=("init",))
    monkeypatch.setitem(sys.modules, "amdsmi", amdsmi)
    assert amd.load_amdsmi() is None
    amdsmi.unsupported.clear()
    assert amd.load_amdsmi() is amdsmi


def test_advice_names_the_commands_of_the_vendor(on: Callable[..., None]) -> None:
    amdsmi = FakeAmdsmi()
    on(AMD_MACHINE, amdsmi)
    (card,) = cards_for("cuda")
    sensors = vendor_of(card).sensors(card)
    assert sensors is not None
    readings = []
    for clock in (1900, 2100):
        amdsmi.clock = clock
        readings.append(sensors.read())
    clock_advice, users = vendor_of(card).advice(
        card, [reading for reading in readings if reading is not None], 2
    )
    assert "the GFX clock varied from 1900 to 2100 MHz" in clock_advice
    assert "`sudo amd-smi set --gpu 0000:11:00.0 --perf-determinism 1900`" in clock_advice
    assert "`amd-smi process --gpu 0000:11:00.0`" in users


def test_cuda_is_a_device_of_nvidia_unless_torch_is_built_for_hip(on: Callable[..., None]) -> None:
    assert vendor_for("cuda").name == "NVIDIA"
    on(AMD_MACHINE)
    assert vendor_for("cuda").name == "AMD"
    assert not_tried("NVIDIA") is None


def test_an_xpu_is_used_as_a_cuda_device_is() -> None:
    device = AcceleratorDevice(FakeCuda(), "xpu")
    assert device.torch_name == "xpu:0"
    device.synchronize()
    assert device.peaks().allocated == 100
