"""A session on a device of AMD, of which torch's part is played by the CPU."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from gpu_bench.conftest import tiny_request
from gpu_bench.device import amd
from gpu_bench.device.amd import Amd
from gpu_bench.device.fingerprint import fingerprint
from gpu_bench.device.torch_build import TorchBuild
from gpu_bench.measure import session
from gpu_bench.measure.session import Side, measure
from gpu_bench.testing.other_vendors import AMD_MACHINE, FakeAmdsmi
from rules_transformers_contract.cuda_device import Card

_BUILD = TorchBuild("2.13.0+rocm7.0", hip="7.0.51831")
# By the end of the serial numbers.
_ADDRESSES = [f"0000:{serial[-2:]}:00.0" for serial in AMD_MACHINE.serials]


@pytest.fixture
def measured(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    result_schema: Any,
) -> Callable[..., tuple[Any, str]]:
    """Measures with `amdsmi` or without; gives the result and what was printed."""

    def run(amdsmi: FakeAmdsmi | None, ranks: int = 1) -> tuple[Any, str]:
        first = Card(
            index=0,
            uuid="66383938-6433-6331-6132-623430303131",
            name=AMD_MACHINE.name,
            memory=AMD_MACHINE.memory << 20,
            vendor="AMD",
            address=None if amdsmi is None else _ADDRESSES[0],
        )
        second = replace(first, index=1, uuid=first.uuid[:-4] + "3232")
        if amdsmi is not None:
            second = replace(second, address=_ADDRESSES[1])
        cards = (first, second)[:ranks]
        monkeypatch.setattr(amd, "load_amdsmi", lambda: amdsmi)
        monkeypatch.setattr(Amd, "visibility", lambda *_: {})
        monkeypatch.setattr(session, "cards_for", lambda *_: cards)
        monkeypatch.setattr("gpu_bench.device.fingerprint.torch_build", lambda: _BUILD)
        side = Side(
            tiny_request(telemetry=True, tensor_parallel_size=ranks), tmp_path / "out", None
        )
        measure([side])
        result = json.loads(side.result_path.read_text())
        jsonschema.validate(result, result_schema)
        assert result["status"] == "complete", result["problem"]
        assert result["fingerprint"] == fingerprint(cards, ranks)
        return result, capsys.readouterr().err

    return run


def test_a_device_without_sensors_gives_a_result_that_names_what_is_missing(
    measured: Callable[..., tuple[Any, str]],
) -> None:
    result, printed = measured(None)
    assert result["fingerprint"]["vendor"] == "AMD"
    assert {"power", "throttled", "foreign_processes"} <= set(result["missing"])
    assert "amdsmi" in result["missing"]["power"]
    assert [process["telemetry"] for process in result["processes"]] == [None]
    assert "warning: not tried on this kind of device (AMD)" in printed


def test_a_device_with_sensors_is_watched(measured: Callable[..., tuple[Any, str]]) -> None:
    amdsmi = FakeAmdsmi(unsupported=("violation", "energy"))
    result, printed = measured(amdsmi)
    telemetry = result["processes"][0]["telemetry"]
    assert telemetry["throttled"] is None
    assert telemetry["foreign_processes"] == 0
    assert {reading["power"] for reading in telemetry["readings"]} == {412}
    assert telemetry["energy"]["joules"] > 0
    assert telemetry["energy"]["counter"] is None
    assert {"throttled", "energy.counter"} <= set(result["missing"])
    assert "power" not in result["missing"]
    assert "not tried" in printed


def test_each_of_several_devices_is_watched(measured: Callable[..., tuple[Any, str]]) -> None:
    result, printed = measured(FakeAmdsmi(unsupported=("violation", "energy")), ranks=2)
    (process,) = result["processes"]
    telemetry = process["telemetry"]
    assert {reading["power"] for reading in telemetry["readings"]} == {2 * 412}
    assert {reading["sm_clock"] for reading in telemetry["readings"]} == {1900}
    first, second = telemetry["devices"]
    for device in (first, second):
        assert {reading["power"] for reading in device["readings"]} == {412}
        assert len(device["readings"]) == len(telemetry["readings"])
        assert device["foreign_processes"] == 0
    joules = [device["energy"]["joules"] for device in (first, second)]
    assert telemetry["energy"]["joules"] == pytest.approx(sum(joules))
    assert all(sample["sm_clock"] == 1900 for sample in process["samples"])
    assert result["fingerprint"]["accelerator"]["devices"] == 2
    assert printed.count("warning: not tried") == 1
