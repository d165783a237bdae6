"""Which cards a machine has and which of them is meant, without torch: by NVML or `nvidia-smi`."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gpu_bench.core.errors import NoAccelerator
from toolkit.errors import InputError

SMI_TIMEOUT_SECONDS = 30
_SMI_FIELDS = (
    "index",
    "uuid",
    "name",
    "memory.total",
    "driver_version",
    "compute_cap",
    "clocks.max.sm",
    "clocks.max.memory",
    "power.limit",
)


@dataclass(frozen=True)
class Card:
    """A card, or a part of one (MIG), as its driver describes it.

    ``memory`` in bytes, rounded to MiB as `nvidia-smi` does; clocks in MHz, power in watts.
    ``parent_uuid`` is the card that a part belongs to: sensors are read there.
    """

    index: int
    uuid: str
    name: str
    memory: int
    driver: str | None = None
    compute_capability: str | None = None
    max_sm_clock: int | None = None
    max_memory_clock: int | None = None
    power_limit: float | None = None
    parent_uuid: str | None = None

    @property
    def sensor_uuid(self) -> str:
        """Whose clocks and temperature these are."""
        return self.parent_uuid or self.uuid


def cards() -> list[Card]:
    """All cards in the driver's order, parts of a card after it; empty without a driver."""
    nvml = load_nvml()
    if nvml is not None:
        return nvml_cards(nvml)
    if shutil.which("nvidia-smi") is None:
        return []
    query = ["--query-gpu=" + ",".join(_SMI_FIELDS), "--format=csv,noheader,nounits"]
    table = smi(query)
    return smi_cards(table, smi(["-L"])) if table else []


def meant(found: Sequence[Card], visible: str | None) -> Card:
    """The card that a process would see as its first under CUDA_VISIBLE_DEVICES ``visible``.

    Indices count the driver's cards, as with CUDA_DEVICE_ORDER=PCI_BUS_ID; UUIDs may be shortened.
    Raises NoAccelerator where there is none or all are hidden, InputError for an unknown one.
    """
    whole = [each for each in found if each.parent_uuid is None]
    if not whole:
        raise NoAccelerator(
            "no accelerator: neither NVML nor `nvidia-smi` lists a card",
            hint="set `device` to cpu for a smoke test, or run this on a machine with a CUDA card",
        )
    if visible is None:
        return whole[0]
    first = visible.split(",")[0].strip()
    if first in ("", "-1", "NoDevFiles"):
        raise NoAccelerator(
            f"no accelerator: CUDA_VISIBLE_DEVICES hides all {len(whole)}",
            hint="unset CUDA_VISIBLE_DEVICES, or name a card in it",
        )
    if first.isdigit():
        matching = [each for each in whole if each.index == int(first)]
    else:
        matching = [each for each in found if each.uuid.lower().startswith(first.lower())]
    if len(matching) != 1:
        raise InputError(
            f"CUDA_VISIBLE_DEVICES names {first}, which is {len(matching)} of the cards here",
            hint="name one of " + ", ".join(f"{each.index} ({each.uuid})" for each in found),
        )
    return matching[0]


def load_nvml() -> Any | None:
    """The NVML binding, initialised; None where it or the driver's library is missing."""
    try:
        import pynvml
    except ImportError:
        return None
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return None
    return pynvml


def nvml_cards(nvml: Any) -> list[Card]:
    """The cards that NVML lists."""
    driver = text(nvml.nvmlSystemGetDriverVersion())
    found = []
    for index in range(nvml.nvmlDeviceGetCount()):
        handle = nvml.nvmlDeviceGetHandleByIndex(index)
        card = Card(
            index=index,
            uuid=text(nvml.nvmlDeviceGetUUID(handle)),
            name=text(nvml.nvmlDeviceGetName(handle)),
            memory=_whole_mib(nvml.nvmlDeviceGetMemoryInfo(handle).total),
            driver=driver,
            compute_capability=_capability(nvml, handle),
            max_sm_clock=asked(nvml, nvml.nvmlDeviceGetMaxClockInfo, handle, nvml.NVML_CLOCK_SM),
            max_memory_clock=asked(
                nvml, nvml.nvmlDeviceGetMaxClockInfo, handle, nvml.NVML_CLOCK_MEM
            ),
            power_limit=_watts(asked(nvml, nvml.nvmlDeviceGetEnforcedPowerLimit, handle)),
        )
        found += [card, *_nvml_parts(nvml, handle, card)]
    return found


def _nvml_parts(nvml: Any, handle: Any, card: Card) -> list[Card]:
    parts = []
    for number in range(asked(nvml, nvml.nvmlDeviceGetMaxMigDeviceCount, handle) or 0):
        part = asked(nvml, nvml.nvmlDeviceGetMigDeviceHandleByIndex, handle, number)
        if part is not None:
            parts.append(
                _part_of(
                    card,
                    text(nvml.nvmlDeviceGetUUID(part)),
                    text(nvml.nvmlDeviceGetName(part)),
                    _whole_mib(nvml.nvmlDeviceGetMemoryInfo(part).total),
                )
            )
    return parts


def asked(nvml: Any, function: Any, *arguments: Any) -> Any | None:
    """What an NVML function answers; None where the card does not know it."""
    try:
        return function(*arguments)
    except nvml.NVMLError:
        return None


def smi_cards(table: str, listing: str) -> list[Card]:
    """The cards in the output of `nvidia-smi --query-gpu` (our fields) and of `nvidia-smi -L`."""
    found = []
    for line in table.strip().splitlines():
        values = [each.strip() for each in line.split(",")]
        if len(values) != len(_SMI_FIELDS):
            continue
        row = dict(zip(_SMI_FIELDS, values, strict=True))
        card = Card(
            index=int(row["index"]),
            uuid=row["uuid"],
            name=row["name"],
            memory=int(number(row["memory.total"]) or 0) << 20,
            driver=row["driver_version"],
            compute_capability=row["compute_cap"] if number(row["compute_cap"]) else None,
            max_sm_clock=whole(row["clocks.max.sm"]),
            max_memory_clock=whole(row["clocks.max.memory"]),
            power_limit=number(row["power.limit"]),
        )
        found += [card, *_smi_parts(card, listing)]
    return found


def _smi_parts(card: Card, listing: str) -> list[Card]:
    """Lines such as `  MIG 1g.10gb     Device  0: (UUID: MIG-...)` below their card's line.

    The listing does not say how much memory a part has.
    """
    parts: list[Card] = []
    inside = False
    for line in listing.splitlines():
        if line.startswith("GPU "):
            inside = card.uuid in line
        elif inside and "UUID: MIG-" in line:
            uuid = line.split("UUID: ")[1].rstrip(") ")
            profile = line.split()[1]
            parts.append(_part_of(card, uuid, f"{card.name} MIG {profile}", 0))
    return parts


def _part_of(card: Card, uuid: str, name: str, memory: int) -> Card:
    return Card(
        index=card.index,
        uuid=uuid,
        name=name,
        memory=memory,
        driver=card.driver,
        compute_capability=card.compute_capability,
        max_sm_clock=card.max_sm_clock,
        max_memory_clock=card.max_memory_clock,
        power_limit=card.power_limit,
        parent_uuid=card.uuid,
    )


def smi(arguments: Sequence[str]) -> str:
    """What `nvidia-smi` prints; empty where it fails."""
    try:
        done = subprocess.run(
            ["nvidia-smi", *arguments],
            capture_output=True,
            text=True,
            timeout=SMI_TIMEOUT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""


def text(value: Any) -> str:
    """A string of NVML, which older bindings give as bytes."""
    return value.decode() if isinstance(value, bytes) else str(value)


def number(value: str) -> float | None:
    """A number that `nvidia-smi` prints; None for `[N/A]` and the like."""
    try:
        return float(value)
    except ValueError:
        return None


def whole(value: str) -> int | None:
    """The same, as a whole number."""
    found = number(value)
    return None if found is None else round(found)


def _capability(nvml: Any, handle: Any) -> str | None:
    found = asked(nvml, nvml.nvmlDeviceGetCudaComputeCapability, handle)
    return None if found is None else f"{found[0]}.{found[1]}"


def _watts(milliwatts: int | None) -> float | None:
    return None if milliwatts is None else milliwatts / 1000


def _whole_mib(size: int) -> int:
    return size >> 20 << 20
