"""AMD: devices by torch's build for HIP, their state by the package `amdsmi` where it is installed.

Written from the documentation of amdsmi 7.0 and its changes since 6.0; not tried on a device.
"""

from __future__ import annotations

import io
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import replace
from typing import Any

from gpu_bench.core import vendors
from gpu_bench.device.advice import Commands, Settings, advice
from gpu_bench.device.listed_cards import first_names, listed_cards
from gpu_bench.device.telemetry import Reading
from rules_transformers_contract.cuda_device import Card

# HIP reads the first of these that is set.
_VISIBLE = ("HIP_VISIBLE_DEVICES", "CUDA_VISIBLE_DEVICES")
# A limit of power that somebody set is not throttling.
_THROTTLING = {
    "active_prochot_thrm": "processor hot",
    "active_socket_thrm": "socket temperature",
    "active_vr_thrm": "voltage regulator temperature",
    "active_hbm_thrm": "memory temperature",
}
# What amdsmi gives where a device does not know a figure, by the figure's width.
_UNKNOWN = (2**16 - 1, 2**32 - 1, 2**64 - 1)


class Amd:
    """HIP devices, which torch calls `cuda`."""

    name = vendors.AMD

    def cards(self, variables: Mapping[str, str], count: int) -> tuple[Card, ...]:
        listed = listed_cards(
            self.name, "cuda", variables, ("ROCR_VISIBLE_DEVICES", *_VISIBLE), count
        )
        amdsmi = load_amdsmi()
        cards = []
        for card, device in listed:
            handle = None if amdsmi is None else _handle_of(amdsmi, card.uuid, device["pci"])
            cards.append(card if handle is None else _described(amdsmi, handle, card))
        return tuple(cards)

    def visibility(self, cards: Sequence[Card], variables: Mapping[str, str]) -> dict[str, str]:
        chosen = next((variables[name] for name in _VISIBLE if variables.get(name)), None)
        return {"HIP_VISIBLE_DEVICES": first_names(chosen, len(cards))}

    def sensors(self, card: Card) -> AmdSensors | None:
        amdsmi = load_amdsmi()
        handle = None if amdsmi is None else _handle_at(amdsmi, card.address)
        return None if handle is None else AmdSensors(amdsmi, handle)

    def absence(self, card: Card) -> str:
        if load_amdsmi() is None:
            return "the package amdsmi, by which AMD devices are read, is not installed or fails"
        if card.address is None:
            return "amdsmi lists no device, or several, that torch's could be"
        return "amdsmi does not report it for this device"

    def advice(
        self, card: Card, readings: Sequence[Reading], foreign_processes: int
    ) -> Iterator[str]:
        if card.address is None:
            return iter(())
        return advice(card, settings_of(card), commands(card), readings, foreign_processes)


def load_amdsmi() -> Any | None:
    """The package, initialised; None if it or the driver's library is missing."""
    # Without its library, amdsmi 7.0 prints that on stdout, which belongs to our callers.
    with redirect_stdout(io.StringIO()):
        try:
            import amdsmi
        except (ImportError, OSError, KeyError, AttributeError):
            # It then fails with a KeyError, and with an older library with an AttributeError.
            return None
        try:
            amdsmi.amdsmi_init()
        except amdsmi.AmdSmiException:
            return None
    return amdsmi


def asked(amdsmi: Any, name: str, *arguments: Any) -> Any | None:
    """What a function of amdsmi answers; None if this release or the device does not know it."""
    function = getattr(amdsmi, name, None)
    if function is None:
        return None
    try:
        return function(*arguments)
    except amdsmi.AmdSmiException:
        return None


def number(values: Any, *names: str) -> float | None:
    """The first figure with one of these names, which changed between releases."""
    for name in names:
        value = values.get(name) if isinstance(values, Mapping) else None
        if isinstance(value, bool) or value in _UNKNOWN:
            continue
        if isinstance(value, (int, float)):
            return float(value)
    return None


class AmdSensors:
    """amdsmi in this process. One of its answers, on throttling, takes a tenth of a second."""

    interval_seconds = 0.5

    def __init__(self, amdsmi: Any, handle: Any) -> None:
        self._amdsmi = amdsmi
        self._handle = handle

    def read(self) -> Reading:
        now = time.perf_counter_ns()
        power = self._asked("amdsmi_get_power_info")
        watts = number(power, "socket_power", "current_socket_power", "average_socket_power")
        return Reading(
            time=now,
            sm_clock=_whole(number(self._clock("GFX"), "clk", "cur_clk")),
            memory_clock=_whole(number(self._clock("MEM"), "clk", "cur_clk")),
            # A device that does not know it says 0 in some releases.
            power=watts or None,
            temperature=_whole(_temperature(self._amdsmi, self._handle, "CURRENT")),
            reasons=self._throttling(),
            processes=self._processes(),
            energy=self._energy(),
        )

    def _asked(self, name: str, *arguments: Any) -> Any | None:
        return asked(self._amdsmi, name, self._handle, *arguments)

    def _clock(self, kind: str) -> Any | None:
        return self._asked("amdsmi_get_clock_info", getattr(self._amdsmi.AmdSmiClkType, kind))

    def _throttling(self) -> tuple[str, ...] | None:
        status = self._asked("amdsmi_get_violation_status")
        if not isinstance(status, Mapping):
            return None
        known = {name: status.get(name) for name in _THROTTLING}
        if not any(isinstance(value, bool) for value in known.values()):
            return None
        return tuple(_THROTTLING[name] for name, value in known.items() if value is True)

    def _processes(self) -> tuple[int, ...] | None:
        processes = self._asked("amdsmi_get_gpu_process_list")
        # Releases before 6.2 list handles.
        if processes is None or not all(isinstance(entry, Mapping) for entry in processes):
            return None
        return tuple(entry["pid"] for entry in processes)

    def _energy(self) -> float | None:
        values = self._asked("amdsmi_get_energy_count")
        # In units of so many microjoules.
        count = number(values, "energy_accumulator", "power")
        unit = number(values, "counter_resolution")
        return None if count is None or unit is None else count * unit / 1e6


def commands(card: Card) -> Commands:
    """What an administrator of the card would type."""
    device = f"--gpu {card.address}"
    return Commands(
        clock="GFX clock",
        hold_clock=f"sudo amd-smi set {device} --perf-determinism {{}}",
        free_clock=f"sudo amd-smi reset {device} --perf-determinism",
        persistence=None,
        processes=f"amd-smi process {device}",
        memory_errors=f"amd-smi metric {device} --ecc",
    )


def settings_of(card: Card) -> Settings:
    """The settings of a card; AMD's driver has no persistence mode."""
    amdsmi = load_amdsmi()
    handle = None if amdsmi is None else _handle_at(amdsmi, card.address)
    if handle is None:
        return Settings()
    errors = number(asked(amdsmi, "amdsmi_get_gpu_total_ecc_count", handle), "uncorrectable_count")
    slowdown = _temperature(amdsmi, handle, "CRITICAL")
    return Settings(None, _whole(slowdown), _whole(errors))


def _described(amdsmi: Any, handle: Any, card: Card) -> Card:
    """The card with what the driver says of it."""
    driver = asked(amdsmi, "amdsmi_get_gpu_driver_info", handle)
    clocks = [
        asked(amdsmi, "amdsmi_get_clock_info", handle, getattr(amdsmi.AmdSmiClkType, kind))
        for kind in ("GFX", "MEM")
    ]
    # In microwatts; 0 where no limit can be set.
    limit = number(asked(amdsmi, "amdsmi_get_power_cap_info", handle), "power_cap")
    return replace(
        card,
        driver=_text(driver, "driver_version"),
        max_sm_clock=_whole(number(clocks[0], "max_clk")),
        max_memory_clock=_whole(number(clocks[1], "max_clk")),
        power_limit=limit / 1e6 if limit else None,
        address=_address(amdsmi, handle),
    )


def _handle_of(amdsmi: Any, uuid: str, pci: str | None) -> Any | None:
    """The handle of torch's device; None if none or several may be it.

    By the UUID, and without one by the place on the bus, which the parts of a divided card share.
    """
    handles = asked(amdsmi, "amdsmi_get_processor_handles") or []
    same = [handle for handle in handles if _plain(uuid) in _identities(amdsmi, handle)]
    if not same and pci is not None:
        same = [handle for handle in handles if (_address(amdsmi, handle) or "").startswith(pci)]
    return same[0] if len(same) == 1 else None


def _handle_at(amdsmi: Any, address: str | None) -> Any | None:
    handles = asked(amdsmi, "amdsmi_get_processor_handles") or []
    return next(
        (handle for handle in handles if address and _address(amdsmi, handle) == address), None
    )


def _identities(amdsmi: Any, handle: Any) -> set[str]:
    """A device's serial number in the forms that torch gives it.

    HIP makes a UUID of 16 bytes, which torch prints in hexadecimal, of its 16 hexadecimal digits as
    text.
    """
    known = asked(amdsmi, "amdsmi_get_gpu_enumeration_info", handle)
    asic = asked(amdsmi, "amdsmi_get_gpu_asic_info", handle)
    names = [
        str(known.get("hip_uuid", "")).lower().removeprefix("gpu-") if known else "",
        str(asic.get("asic_serial", "")).lower().removeprefix("0x") if asic else "",
    ]
    return {form for name in names if name for form in (name, name.encode().hex())}


def _address(amdsmi: Any, handle: Any) -> str | None:
    address = asked(amdsmi, "amdsmi_get_gpu_device_bdf", handle)
    return None if address is None else str(address).lower()


def _temperature(amdsmi: Any, handle: Any, metric: str) -> float | None:
    """Degrees Celsius of the hottest place, or of the edge where that is not known."""
    for place in ("JUNCTION", "EDGE"):
        value = asked(
            amdsmi,
            "amdsmi_get_temp_metric",
            handle,
            getattr(amdsmi.AmdSmiTemperatureType, place),
            getattr(amdsmi.AmdSmiTemperatureMetric, metric),
        )
        known = number({place: value}, place)
        if known is not None:
            return known
    return None


def _text(values: Any, name: str) -> str | None:
    value = values.get(name) if isinstance(values, Mapping) else None
    return None if value in ("", "N/A", None) else str(value)


def _plain(uuid: str) -> str:
    return uuid.lower().replace("-", "")


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)
