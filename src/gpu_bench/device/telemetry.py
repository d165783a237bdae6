"""Reads a card's sensors while samples are taken.

It runs in the parent, beside the measuring process, on the clock that both share.
"""

from __future__ import annotations

import shutil
import statistics
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from gpu_bench.device.discovery import asked, load_nvml, smi
from rules_transformers_contract.cuda_device import Card, smi_number, smi_whole_number

# Bits of NVML's clocks event reasons. Idleness and limits that somebody set (application clocks,
# the power limit, which the fingerprint names, display clocks) are not throttling.
THROTTLE_REASONS = {
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


@dataclass(frozen=True)
class Reading:
    """Sensors at one moment of the host's monotonic clock: MHz, watts, degrees Celsius, joules.

    ``energy`` is a counter that runs since the driver was loaded.

    ``processes`` are the ids of those that use the card; None if the driver does not report them.
    """

    time: int
    sm_clock: int | None
    memory_clock: int | None
    power: float | None
    temperature: int | None
    reasons: int = 0
    processes: tuple[int, ...] | None = None
    energy: float | None = None

    def to_json(self, origin: int) -> dict[str, Any]:
        """A reading of a result's `telemetry`; ``origin`` is the start of the first sample."""
        return {
            "time": self.time - origin,
            "sm_clock": self.sm_clock,
            "memory_clock": self.memory_clock,
            "power": self.power,
            "temperature": self.temperature,
        }


class Sensors(Protocol):
    """Where readings come from, and how long to wait between two."""

    interval_seconds: float

    def read(self) -> Reading | None:
        """The sensors now; None if they cannot be read."""


def sensors_of(card: Card | None) -> Sensors | None:
    """The sensors of a card, by NVML or else `nvidia-smi`; None if there are none."""
    if card is None:
        return None
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
            reasons=(asked(nvml, reasons, handle) if reasons else None) or 0,
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
        active = 0
    return Reading(
        time=now,
        sm_clock=smi_whole_number(sm_clock),
        memory_clock=smi_whole_number(memory_clock),
        power=smi_number(power),
        temperature=smi_whole_number(temperature),
        reasons=active,
        processes=tuple(int(part) for part in users.split() if part.isdigit()),
    )


def summary(
    readings: Sequence[Reading],
    own_processes: Iterable[int],
    origin: int,
    overhead: float | None,
) -> dict[str, Any]:
    """The `telemetry` of a process; ``origin`` is its first sample's start."""
    active = 0
    for reading in readings:
        active |= reading.reasons
    own = set(own_processes)
    return {
        "readings": [reading.to_json(origin) for reading in readings],
        "throttled": [name for bit, name in THROTTLE_REASONS.items() if active & bit],
        "foreign_processes": max(
            (foreign(reading.processes, own) for reading in readings), default=0
        ),
        "overhead": overhead,
    }


def foreign(processes: Sequence[int] | None, own: set[int]) -> int:
    """How many of the processes on a card are not ours.

    In a container the driver gives the host's ids, so ours is among them under another name:
    where none is known, one is taken for ours.
    """
    others = [process for process in processes or () if process not in own]
    known = len(processes or ()) - len(others)
    return len(others) if known or not others else len(others) - 1


def overhead(watched: Sequence[int], unwatched: Sequence[int]) -> float | None:
    """Share by which runs with readings took longer than those without, by their medians."""
    if not watched or not unwatched:
        return None
    return statistics.median(watched) / statistics.median(unwatched) - 1
