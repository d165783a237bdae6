"""Machines that this project does not have: NVML, `nvidia-smi` and the CUDA driver of each.

The three report the same cards in their own ways. The CUDA driver is written from NVIDIA's
documentation (environment variables of the CUDA programming guide, MIG user guide), and shares no
code with what chooses the device, so that the two can be held against each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

MIB = 2**20
_NOT_AVAILABLE = "[N/A]"


@dataclass(frozen=True)
class Slice:
    """A part of a card (MIG) with its own memory, in MiB."""

    uuid: str
    profile: str
    memory: int


@dataclass(frozen=True)
class FakeCard:
    """A card as its makers describe it. ``memory`` is in MiB; None if NVML does not know it.

    ``unknown`` are the functions that this card's driver answers with Not Supported.
    """

    uuid: str
    name: str = "NVIDIA H200"
    memory: int | None = 143771
    capability: tuple[int, int] = (9, 0)
    clocks: tuple[int, int] = (1980, 3201)
    power_limit: int | None = 700
    slices: tuple[Slice, ...] = ()
    is_divided: bool = False
    is_lost: bool = False
    uncorrectable: int | None = 0
    unknown: frozenset[str] = frozenset()

    @property
    def cuda_memory(self) -> int:
        """What CUDA calls its memory: a little less than all, or the host's where it is shared."""
        return (self.memory - 500 if self.memory is not None else 124_000) * MIB


@dataclass(frozen=True)
class Machine:
    """A machine with its driver; ``gives_bytes`` stands for an old binding of NVML."""

    name: str
    cards: tuple[FakeCard, ...] = ()
    driver: str = "570.86.10"
    gives_bytes: bool = False

    def nvml(self) -> FakeNvml:
        """Its `pynvml`."""
        return FakeNvml(self)

    def smi(self, arguments: tuple[str, ...]) -> str:
        """What `nvidia-smi` prints."""
        if arguments[0] == "-L":
            return "".join(self._listed(index, card) for index, card in enumerate(self.cards))
        fields = arguments[0].removeprefix("--query-gpu=").split(",")
        return "".join(self._row(index, card, fields) for index, card in enumerate(self.cards))

    def _listed(self, index: int, card: FakeCard) -> str:
        if card.is_lost:
            return "Unable to determine the device handle for gpu 0000:04:00.0: GPU is lost.\n"
        lines = [f"GPU {index}: {card.name} (UUID: {card.uuid})"]
        lines += [
            f"  MIG {part.profile}     Device  {number}: (UUID: {part.uuid})"
            for number, part in enumerate(card.slices)
        ]
        return "\n".join(lines) + "\n"

    def _row(self, index: int, card: FakeCard, fields: list[str]) -> str:
        if card.is_lost:
            return "[GPU is lost]\n"
        values = {
            "index": index,
            "uuid": card.uuid,
            "name": card.name,
            "memory.total": card.memory,
            "driver_version": self.driver,
            "compute_cap": ".".join(map(str, card.capability)),
            "clocks.max.sm": None if "clocks" in card.unknown else card.clocks[0],
            "clocks.max.memory": None if "clocks" in card.unknown else card.clocks[1],
            "power.limit": None if card.power_limit is None else f"{card.power_limit}.00",
        }
        cells = (values[name] for name in fields)
        return ", ".join(_NOT_AVAILABLE if cell is None else str(cell) for cell in cells) + "\n"

    def cuda(self, variables: Mapping[str, str]) -> FakeCudaDriver:
        """The CUDA driver as a process with these variables finds it."""
        return FakeCudaDriver(_visible(self.cards, variables))


@dataclass(frozen=True)
class FakeDevice:
    """A device as torch describes it: `torch.cuda.get_device_properties`."""

    name: str
    total_memory: int
    uuid: str


@dataclass(frozen=True)
class FakeCudaDriver:
    """`torch.cuda` as far as it reports devices."""

    devices: tuple[FakeDevice, ...]

    def is_available(self) -> bool:
        return bool(self.devices)

    def device_count(self) -> int:
        return len(self.devices)

    def get_device_properties(self, index: int) -> FakeDevice:
        return self.devices[index]


def _visible(cards: tuple[FakeCard, ...], variables: Mapping[str, str]) -> tuple[FakeDevice, ...]:
    working = [card for card in cards if not card.is_lost]
    if variables.get("CUDA_DEVICE_ORDER") != "PCI_BUS_ID":
        # "FASTEST_FIRST": the driver's guess of speed, here the generation and then the memory.
        working = sorted(
            working, key=lambda card: (card.capability, card.cuda_memory), reverse=True
        )
    visible = variables.get("CUDA_VISIBLE_DEVICES")
    if visible is None:
        return tuple(device for card in working for device in _devices(card)[:1])
    devices: list[FakeDevice] = []
    for name in (part.strip() for part in visible.split(",")):
        chosen = _named(name, working)
        # The first name that is not a device, or not a single one, ends the list.
        if chosen is None:
            break
        devices.append(chosen)
    return tuple(devices)


def _named(name: str, cards: list[FakeCard]) -> FakeDevice | None:
    if name.isdigit():
        of_card = _devices(cards[int(name)]) if int(name) < len(cards) else ()
        return of_card[0] if of_card else None
    prefix = name.lower()
    if not prefix.startswith(("gpu-", "mig-")):
        return None
    matches = [
        device
        for card in cards
        for device in _devices(card)
        if f"{'mig-' if card.is_divided else 'gpu-'}{device.uuid}".startswith(prefix)
        or (card.is_divided and card.uuid.lower().startswith(prefix))
    ]
    if len({device.uuid for device in matches}) > 1 and not prefix.startswith("gpu-"):
        return None
    owners = {card.uuid for card in cards if card.uuid.lower().startswith(prefix)}
    if len(owners) > 1:
        return None
    return matches[0] if matches else None


def _devices(card: FakeCard) -> tuple[FakeDevice, ...]:
    """The card, or its slices; none if it is divided and has no slice yet."""
    if not card.is_divided:
        return (FakeDevice(card.name, card.cuda_memory, card.uuid[4:].lower()),)
    return tuple(
        FakeDevice(f"{card.name} MIG {part.profile}", part.memory * MIB, part.uuid[4:].lower())
        for part in card.slices
    )


class NVMLError(Exception):
    """What NVML raises, by its name."""


class FakeNvml:
    """The functions of `pynvml` that are called here, for a machine.

    ``processes`` and ``reasons`` are those of every card; a function named in ``unsupported``
    fails, and every function once ``is_off_the_bus`` is set.
    """

    NVML_CLOCK_SM = 1
    NVML_CLOCK_MEM = 2
    NVML_TEMPERATURE_GPU = 0
    NVML_TEMPERATURE_THRESHOLD_SLOWDOWN = 1
    NVML_MEMORY_ERROR_TYPE_UNCORRECTED = 1
    NVML_VOLATILE_ECC = 0
    NVMLError = NVMLError

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self.processes: list[int] = []
        self.reasons = 0x1
        self.unsupported: set[str] = set()
        self.is_off_the_bus = False

    def _text(self, value: str) -> str | bytes:
        return value.encode() if self._machine.gives_bytes else value

    def _answer(self, handle: Any, name: str, value: Any) -> Any:
        card = handle[0] if isinstance(handle, tuple) else handle
        if card.is_lost or self.is_off_the_bus:
            raise NVMLError("GPU is lost")
        if value is None or name in self.unsupported or name in card.unknown:
            raise NVMLError("Not Supported")
        return value

    def nvmlSystemGetDriverVersion(self) -> str | bytes:
        return self._text(self._machine.driver)

    def nvmlDeviceGetCount(self) -> int:
        return len(self._machine.cards)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> FakeCard:
        card = self._machine.cards[index]
        return self._answer(card, "handle", card)  # type: ignore[no-any-return]

    def nvmlDeviceGetHandleByUUID(self, uuid: str) -> Any:
        for card in self._machine.cards:
            if card.uuid == uuid:
                return self._answer(card, "handle", card)
            for part in card.slices:
                if part.uuid == uuid:
                    return (card, part)
        raise NVMLError("Not Found")

    def nvmlDeviceGetUUID(self, handle: Any) -> str | bytes:
        return self._text(handle[1].uuid if isinstance(handle, tuple) else handle.uuid)

    def nvmlDeviceGetName(self, handle: Any) -> str | bytes:
        if isinstance(handle, tuple):
            return self._text(f"{handle[0].name} MIG {handle[1].profile}")
        return self._text(handle.name)

    def nvmlDeviceGetMemoryInfo(self, handle: Any) -> Any:
        memory = handle[1].memory if isinstance(handle, tuple) else handle.memory
        total = None if memory is None else SimpleNamespace(total=memory * MIB + 1000)
        return self._answer(handle, "memory", total)

    def nvmlDeviceGetCudaComputeCapability(self, handle: Any) -> Any:
        return self._answer(handle, "capability", handle.capability)

    def nvmlDeviceGetMaxClockInfo(self, handle: Any, kind: int) -> Any:
        return self._answer(handle, "clocks", handle.clocks[kind - 1])

    def nvmlDeviceGetClockInfo(self, handle: Any, kind: int) -> Any:
        return self._answer(handle, "clock", {1: 1755, 2: 3201}[kind])

    def nvmlDeviceGetEnforcedPowerLimit(self, handle: Any) -> Any:
        limit = handle.power_limit
        return self._answer(handle, "power_limit", None if limit is None else limit * 1000)

    def nvmlDeviceGetPersistenceMode(self, handle: Any) -> Any:
        return self._answer(handle, "persistence", 1)

    def nvmlDeviceGetTemperatureThreshold(self, handle: Any, _kind: int) -> Any:
        return self._answer(handle, "threshold", 92)

    def nvmlDeviceGetTotalEccErrors(self, handle: Any, _kind: int, _counter: int) -> Any:
        return self._answer(handle, "ecc", handle.uncorrectable)

    def nvmlDeviceGetMigMode(self, handle: Any) -> Any:
        mode = int(handle.is_divided)
        return self._answer(handle, "mig", [mode, mode])

    def nvmlDeviceGetMaxMigDeviceCount(self, handle: Any) -> Any:
        return self._answer(handle, "mig", 7)

    def nvmlDeviceGetMigDeviceHandleByIndex(self, handle: Any, number: int) -> Any:
        if number >= len(handle.slices):
            raise NVMLError("Not Found")
        return (handle, handle.slices[number])

    def nvmlDeviceGetPowerUsage(self, handle: Any) -> Any:
        return self._answer(handle, "power", 412_345)

    def nvmlDeviceGetTemperature(self, handle: Any, _kind: int) -> Any:
        return self._answer(handle, "temperature", 61)

    def nvmlDeviceGetCurrentClocksThrottleReasons(self, handle: Any) -> Any:
        return self._answer(handle, "reasons", self.reasons)

    def nvmlDeviceGetComputeRunningProcesses(self, handle: Any) -> Any:
        running = [SimpleNamespace(pid=number) for number in self.processes]
        return self._answer(handle, "processes", running)


def _uuid(number: int) -> str:
    return f"GPU-{number:08x}-aaaa-bbbb-cccc-0123456789ab"


def _slice(number: int, profile: str = "1g.18gb", memory: int = 16384) -> Slice:
    return Slice(f"MIG-{number:08x}-0000-1111-2222-333333333333", profile, memory)


_H200 = FakeCard(_uuid(1))
_EIGHT = tuple(replace(_H200, uuid=_uuid(0x10 + number)) for number in range(8))
_DISPLAY = FakeCard(_uuid(2), "NVIDIA T400", 4096, (7, 5), (1425, 5001), 31)
_DIVIDED = replace(
    _H200, uuid=_uuid(3), is_divided=True, slices=(_slice(1), _slice(2, "3g.71gb", 71680))
)


def _with(cards: tuple[FakeCard, ...], index: int, **changes: Any) -> tuple[FakeCard, ...]:
    return (*cards[:index], replace(cards[index], **changes), *cards[index + 1 :])


MACHINES = (
    Machine("no card"),
    Machine("one H200", (_H200,)),
    Machine("one H200, old binding", (_H200,), gives_bytes=True),
    Machine("eight H200", _EIGHT),
    Machine("eight H200, the fourth lost", _with(_EIGHT, 3, is_lost=True)),
    Machine("eight H200, the first lost", _with(_EIGHT, 0, is_lost=True)),
    Machine("one H200 with memory errors", (replace(_H200, uncorrectable=3),)),
    Machine("one H200, lost", _with((_H200,), 0, is_lost=True)),
    Machine("display card before H200", (_DISPLAY, _H200)),
    Machine("H200 before display card", (_H200, _DISPLAY)),
    Machine("two slices of one H200", (_DIVIDED,)),
    Machine("H200, and slices of another", (_H200, _DIVIDED)),
    Machine("slices of an H200, and another", (_DIVIDED, _H200)),
    Machine("divided, without a slice", (replace(_DIVIDED, slices=()),)),
    Machine("two divided", (_DIVIDED, replace(_DIVIDED, uuid=_uuid(4), slices=(_slice(5),)))),
    Machine(
        "unified memory (GB10)",
        (FakeCard(_uuid(5), "NVIDIA GB10", None, (12, 1), (3003, 0), None),),
        driver="580.95.05",
    ),
    Machine(
        "unified memory, sensors missing (Thor)",
        (
            FakeCard(
                _uuid(6),
                "NVIDIA Thor",
                None,
                (11, 0),
                (1575, 0),
                None,
                unknown=frozenset(
                    {"clocks", "clock", "power", "temperature", "mig", "processes"}
                    | {"persistence", "threshold", "ecc"}
                ),
            ),
        ),
        driver="580.00",
    ),
    Machine("GH200", (FakeCard(_uuid(7), "NVIDIA GH200 480GB", 97871, (9, 0), (1980, 2619), 900),)),
    Machine(
        "virtual GPU",
        (
            FakeCard(
                _uuid(8),
                "NVIDIA L40S-24Q",
                24576,
                (8, 9),
                (2520, 9001),
                None,
                unknown=frozenset(
                    {"power", "temperature", "mig", "reasons", "processes"}
                    | {"persistence", "threshold", "ecc"}
                ),
            ),
        ),
    ),
    Machine(
        "two GeForce with UUIDs that begin alike",
        (
            FakeCard(
                "GPU-abcd0000-1", "NVIDIA GeForce RTX 4090", 24564, (8, 9), (3105, 10501), 450
            ),
            FakeCard(
                "GPU-abcd0001-2", "NVIDIA GeForce RTX 4090", 24564, (8, 9), (3105, 10501), 450
            ),
        ),
    ),
    Machine(
        "two generations",
        (
            FakeCard(_uuid(9), "NVIDIA A100-SXM4-80GB", 81920, (8, 0), (1410, 1593), 400),
            FakeCard(_uuid(10), "NVIDIA RTX PRO 6000", 97887, (12, 0), (2617, 14001), 600),
        ),
    ),
)
MACHINE = {machine.name: machine for machine in MACHINES}
