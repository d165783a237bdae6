"""Sensors of NVIDIA's cards, by NVML or else by `nvidia-smi`."""

from __future__ import annotations

import shutil
import time
from typing import Any

from gpu_bench.device.nvidia_cards import asked, load_nvml, smi
from gpu_bench.device.telemetry import Reading, Sensors
from rules_transformers_contract.cuda_device import Card, smi_number, smi_whole_number

# Bits of NVML's clocks event reasons that are throttling.
_THROTTLE_REASONS = {
    0x08: "hardware slowdown",
    0x10: "sync boost",
    0x20: "software thermal slowdown",
    0x40: "hardware thermal slowdown",
    0x80: "hardware power brake",
}
_SMI_FIELDS = (
    "clocks.sm",
    "clocks.mem",
    "power.draw",
    "temperature.gpu",
    "clocks_throttle_reasons.active",
)


def sensors_of(card: Card) -> Sensors | None:
    """The sensors of a card, by NVML or else `nvidia-smi`; None if there are none."""
    nvml = load_nvml()
    if nvml is not None:
        # A card may be lost since it was listed; what measures on it says so.
        known = (asked(nvml, nvml.nvmlDeviceGetHandleByUUID, uuid) for uuid in _uuids(card))
        return None if any(handle is None for handle in known) else NvmlSensors(nvml, card)
    return SmiSensors(card) if shutil.which("nvidia-smi") else None


def _uuids(card: Card) -> tuple[str, str]:
    """Whose sensors are read, and whose users are counted."""
    return card.sensor_uuid, card.uuid


class NvmlSensors:
    """NVML in this process: a reading takes well below a millisecond."""

    interval_seconds = 0.1

    def __init__(self, nvml: Any, card: Card) -> None:
        self._nvml = nvml
        self._handle = nvml.nvmlDeviceGetHandleByUUID(card.sensor_uuid)
        self._users = nvml.nvmlDeviceGetHandleByUUID(card.uuid)

    def read(self) -> Reading | None:
        nvml, handle = self._nvml, self._handle
        now = time.perf_counter_ns()
        power = asked(nvml, nvml.nvmlDeviceGetPowerUsage, handle)
        counter = getattr(nvml, "nvmlDeviceGetTotalEnergyConsumption", None)
        energy = asked(nvml, counter, handle) if counter else None
        reasons = getattr(
            nvml,
            "nvmlDeviceGetCurrentClocksEventReasons",
            getattr(nvml, "nvmlDeviceGetCurrentClocksThrottleReasons", None),
        )
        return Reading(
            time=now,
            sm_clock=asked(nvml, nvml.nvmlDeviceGetClockInfo, handle, nvml.NVML_CLOCK_SM),
            memory_clock=asked(nvml, nvml.nvmlDeviceGetClockInfo, handle, nvml.NVML_CLOCK_MEM),
            power=None if power is None else power / 1000,
            temperature=asked(
                nvml, nvml.nvmlDeviceGetTemperature, handle, nvml.NVML_TEMPERATURE_GPU
            ),
            reasons=_named(asked(nvml, reasons, handle) if reasons else None),
            processes=self._processes(),
            energy=None if energy is None else energy / 1000,
        )

    def _processes(self) -> tuple[int, ...] | None:
        processes = asked(self._nvml, self._nvml.nvmlDeviceGetComputeRunningProcesses, self._users)
        return None if processes is None else tuple(process.pid for process in processes)


class SmiSensors:
    """`nvidia-smi`, one process for each reading: slow, so seldom."""

    interval_seconds = 1.0

    def __init__(self, card: Card) -> None:
        self._card = card

    def read(self) -> Reading | None:
        now = time.perf_counter_ns()
        form = ["--format=csv,noheader,nounits"]
        of_card = [f"--id={self._card.sensor_uuid}"]
        line = smi(["--query-gpu=" + ",".join(_SMI_FIELDS), *form, *of_card])
        if not line.strip():
            return None
        users = smi(["--query-compute-apps=pid", *form, *of_card])
        return smi_reading(now, line, users)


def smi_reading(now: int, line: str, users: str) -> Reading | None:
    """The reading in a line of `nvidia-smi` with our fields, and in its list of processes."""
    values = [part.strip() for part in line.strip().split(",")]
    if len(values) != len(_SMI_FIELDS):
        return None
    sm_clock, memory_clock, power, temperature, reasons = values
    try:
        active = int(reasons, 16)
    except ValueError:
        active = None
    return Reading(
        time=now,
        sm_clock=smi_whole_number(sm_clock),
        memory_clock=smi_whole_number(memory_clock),
        power=smi_number(power),
        temperature=smi_whole_number(temperature),
        reasons=_named(active),
        processes=tuple(int(part) for part in users.split() if part.isdigit()),
    )


def _named(active: int | None) -> tuple[str, ...] | None:
    """The names of the bits that are set."""
    if active is None:
        return None
    return tuple(name for bit, name in _THROTTLE_REASONS.items() if active & bit)
