from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch

from gpu_bench.conftest import FakeCuda
from gpu_bench.core.errors import MissingPackage, NoAccelerator
from gpu_bench.device.torch_device import AcceleratorDevice
from gpu_bench.measure.open_device import open_device
from gpu_bench.testing.other_vendors import INTEL_MACHINE
from rules_transformers_contract.cuda_device import Card

CARD = Card(0, "8680-0bd5-01", INTEL_MACHINE.name, INTEL_MACHINE.memory << 20, vendor="Intel")


class FakeXpu(FakeCuda):
    """Acts like `torch.xpu`, with one device."""

    def __init__(self, **properties: Any) -> None:
        super().__init__()
        self.properties = {
            "name": CARD.name,
            "total_memory": CARD.memory,
            "uuid": CARD.uuid,
            **properties,
        }

    def is_available(self) -> bool:
        return bool(self.properties["name"])

    def init(self) -> None:
        self.calls.append("init")

    def set_device(self, index: int) -> None:
        self.calls.append(f"set_device {index}")

    def get_device_properties(self, index: int) -> Any:
        self.calls.append(f"properties {index}")
        return SimpleNamespace(**self.properties)


def play(monkeypatch: pytest.MonkeyPatch, xpu: FakeXpu) -> None:
    monkeypatch.setattr(torch.version, "xpu", "20250302", raising=False)
    monkeypatch.setattr(torch, "xpu", xpu)


def test_the_device_of_intel_is_opened_by_torch_xpu(monkeypatch: pytest.MonkeyPatch) -> None:
    xpu = FakeXpu()
    play(monkeypatch, xpu)
    device = open_device("xpu", CARD)
    assert isinstance(device, AcceleratorDevice)
    assert device.torch_name == "xpu:0"
    device.synchronize()
    assert xpu.calls == ["init", "properties 0", "synchronize"]


def test_a_rank_opens_its_own_device(monkeypatch: pytest.MonkeyPatch) -> None:
    xpu = FakeXpu()
    play(monkeypatch, xpu)
    assert open_device("xpu", CARD, 1).torch_name == "xpu:1"
    assert xpu.calls == ["init", "set_device 1", "properties 1"]


def test_another_device_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    play(monkeypatch, FakeXpu(uuid="8680-0bd5-02"))
    with pytest.raises(NoAccelerator, match="UUID 8680-0bd5-02, expected 8680-0bd5-01"):
        open_device("xpu", CARD)


def test_no_device_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    play(monkeypatch, FakeXpu(name=""))
    with pytest.raises(NoAccelerator, match="does not find an XPU device"):
        open_device("xpu", CARD)


def test_a_torch_without_xpu_is_named() -> None:
    with pytest.raises(MissingPackage, match="is built without XPU"):
        open_device("xpu", CARD)
