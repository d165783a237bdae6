"""Machines with devices of AMD and Intel, which this project does not have.

Of each there is a torch, as a package in a directory that knows nothing but its devices, and of
AMD's also `amdsmi`. Both are written from the documentation of torch 2.13 and amdsmi 7.0.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gpu_bench.core import vendors

MIB = 2**20
_TORCH = """
import json, os
from types import SimpleNamespace
from . import version

_DEVICES = json.loads({devices!r})
_VARIABLES = {variables!r}


class _Api:
    def __init__(self, devices):
        self._devices = devices

    def is_available(self):
        return bool(self._devices)

    def device_count(self):
        return len(self._devices)

    def get_device_properties(self, index):
        return SimpleNamespace(**self._devices[index])


def _visible():
    # As the drivers do: the first name that is not a device ends the list.
    chosen = next((os.environ[name] for name in _VARIABLES if name in os.environ), None)
    if chosen is None:
        return _DEVICES
    devices = []
    for name in chosen.split(","):
        if not name.strip().isdigit() or int(name) >= len(_DEVICES):
            break
        devices.append(_DEVICES[int(name)])
    return devices


cuda = _Api(_visible() if version.hip else [])
xpu = _Api(_visible() if version.xpu else [])
"""


@dataclass(frozen=True)
class OtherMachine:
    """A machine with equal devices, one for each serial number, which AMD writes in hexadecimal."""

    vendor: str
    name: str
    memory: int
    serials: tuple[str, ...]

    def write_torch(self, directory: Path) -> Path:
        """Writes its torch below a directory, which then belongs on the module path."""
        package = directory / "torch"
        package.mkdir()
        is_amd = self.vendor == vendors.AMD
        versions = {
            "__version__": "2.13.0+rocm7.0" if is_amd else "2.13.0+xpu",
            "cuda": None,
            "hip": "7.0.51831" if is_amd else None,
            "xpu": None if is_amd else "20250302",
        }
        lines = [f"{name} = {value!r}\n" for name, value in versions.items()]
        (package / "version.py").write_text("".join(lines))
        variables = (
            ("HIP_VISIBLE_DEVICES", "CUDA_VISIBLE_DEVICES") if is_amd else ("ZE_AFFINITY_MASK",)
        )
        devices = json.dumps([self.properties(serial) for serial in self.serials])
        (package / "__init__.py").write_text(_TORCH.format(devices=devices, variables=variables))
        return directory

    def properties(self, serial: str) -> dict[str, Any]:
        shared = {"name": self.name, "total_memory": self.memory * MIB}
        if self.vendor == vendors.INTEL:
            return {**shared, "uuid": f"8680-{serial}", "driver_version": "1.6.33578"}
        # HIP gives the digits as text, torch prints that in hexadecimal.
        digits = serial.encode().hex()
        parts = (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
        return {**shared, "uuid": "-".join(parts), "gcnArchName": "gfx942:sramecc+:xnack-"}


AMD_MACHINE = OtherMachine(
    vendors.AMD, "AMD Instinct MI300X", 196_592, ("f898d3c1a2b40011", "f898d3c1a2b40022")
)
INTEL_MACHINE = OtherMachine(
    vendors.INTEL, "Intel(R) Data Center GPU Max 1550", 65_536, ("0bd5-01", "0bd5-02")
)


class AmdSmiException(Exception):
    """What amdsmi raises."""


class _Names:
    """Constants that stand for themselves."""

    def __getattr__(self, name: str) -> str:
        return name


class FakeAmdsmi:
    """The functions of `amdsmi` that are called here, for a machine; a handle is a serial number.

    A function named in ``unsupported`` fails.
    """

    AmdSmiException = AmdSmiException
    AmdSmiClkType = _Names()
    AmdSmiTemperatureType = _Names()
    AmdSmiTemperatureMetric = _Names()

    def __init__(
        self, machine: OtherMachine = AMD_MACHINE, unsupported: Iterable[str] = ()
    ) -> None:
        self._machine = machine
        self.unsupported = set(unsupported)
        self.clock = 1900
        self.throttling: set[str] = set()
        self.processes: list[int] = []

    def _answer(self, name: str, value: Any) -> Any:
        if name in self.unsupported:
            raise AmdSmiException("AMDSMI_STATUS_NOT_SUPPORTED")
        return value

    def amdsmi_init(self) -> None:
        self._answer("init", None)

    def amdsmi_get_processor_handles(self) -> list[str]:
        # Not in the order of HIP.
        return list(reversed(self._machine.serials))

    def amdsmi_get_gpu_enumeration_info(self, handle: str) -> Any:
        return self._answer("enumeration", {"hip_uuid": f"GPU-{handle}"})

    def amdsmi_get_gpu_asic_info(self, handle: str) -> Any:
        return self._answer("asic", {"asic_serial": f"0x{handle.upper()}"})

    def amdsmi_get_gpu_device_bdf(self, handle: str) -> str:
        return f"0000:{handle[-2:]}:00.0"

    def amdsmi_get_gpu_driver_info(self, _handle: str) -> Any:
        return self._answer("driver", {"driver_name": "amdgpu", "driver_version": "6.14.14"})

    def amdsmi_get_clock_info(self, _handle: str, kind: str) -> Any:
        clock = {"GFX": (self.clock, 2100), "MEM": (1300, 1300)}[kind]
        return self._answer("clock", {"clk": clock[0], "max_clk": clock[1]})

    def amdsmi_get_power_cap_info(self, _handle: str) -> Any:
        return self._answer("power_cap", {"power_cap": 750_000_000})

    def amdsmi_get_power_info(self, _handle: str) -> Any:
        power = {"current_socket_power": 412, "average_socket_power": "N/A"}
        return self._answer("power", power)

    def amdsmi_get_temp_metric(self, _handle: str, place: str, metric: str) -> Any:
        if place == "EDGE":
            raise AmdSmiException("AMDSMI_STATUS_NOT_SUPPORTED")
        return self._answer("temperature", {"CURRENT": 61, "CRITICAL": 100}[metric])

    def amdsmi_get_violation_status(self, _handle: str) -> Any:
        names = ("prochot_thrm", "ppt_pwr", "socket_thrm", "vr_thrm", "hbm_thrm")
        status = {f"active_{name}": name in self.throttling for name in names}
        # What newer devices alone report.
        return self._answer("violation", {**status, "active_vr_thrm": "N/A"})

    def amdsmi_get_gpu_process_list(self, _handle: str) -> Any:
        return self._answer("processes", [{"pid": number} for number in self.processes])

    def amdsmi_get_energy_count(self, _handle: str) -> Any:
        values = {"energy_accumulator": 2_000_000, "counter_resolution": 15.3}
        return self._answer("energy", values)

    def amdsmi_get_gpu_total_ecc_count(self, _handle: str) -> Any:
        return self._answer("ecc", {"uncorrectable_count": 0})
