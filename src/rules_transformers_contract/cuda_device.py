"""Which CUDA devices a process sees first, from what `nvidia-smi` lists and CUDA's variables."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

_QUERY = (
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
# What `smi_cards` reads.
SMI_TABLE_ARGUMENTS = (f"--query-gpu={','.join(_QUERY)}", "--format=csv,noheader,nounits")
SMI_LISTING_ARGUMENTS = ("-L",)

# Values of CUDA_VISIBLE_DEVICES that hide all devices.
_HIDING = ("", "-1", "NoDevFiles")


@dataclass(frozen=True)
class Card:
    """A card, or a part of one (MIG), as its driver describes it.

    ``memory`` in bytes, rounded to MiB as `nvidia-smi` does; clocks in MHz, power in watts.
    ``parent_uuid`` is the card that a part belongs to: sensors are read there. ``address`` is the
    place on the bus by which AMD's tools name a device; None if they do not know it.
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
    vendor: str = "NVIDIA"
    address: str | None = None

    @property
    def sensor_uuid(self) -> str:
        """Whose clocks and temperature these are."""
        return self.parent_uuid or self.uuid

    @property
    def device_hash(self) -> str:
        """Distinguishes cards of one model without revealing the UUID."""
        return hashlib.sha256(self.uuid.encode()).hexdigest()[:16]

    def part(self, uuid: str, name: str, memory: int) -> Card:
        """A part of this card; ``memory`` is 0 if it is not known."""
        return replace(self, uuid=uuid, name=name, memory=memory, parent_uuid=self.uuid)


class NoDevice(Exception):
    """No device can be chosen.

    :param is_mistake: whether CUDA_VISIBLE_DEVICES names a device that is not there; otherwise
        there is none, or all are hidden.
    """

    def __init__(self, message: str, hint: str, *, is_mistake: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.is_mistake = is_mistake


def visible_devices(
    cards: Sequence[Card], visible: str | None, order: str | None, count: int = 1
) -> tuple[Card, ...]:
    """The devices that a process sees as its first ``count``, in its order.

    Indices count cards, either in the driver's order or, by default, the fastest first. CUDA does
    not document how it compares them: here, by compute capability and then by memory. UUIDs may be
    shortened. Of a card that is divided, CUDA shows a part, and no further device.

    :param cards: in the driver's order.
    :param visible: the value of CUDA_VISIBLE_DEVICES, None if it is not set.
    :param order: the value of CUDA_DEVICE_ORDER, None if it is not set.
    :raises NoDevice: if there are not so many.
    """
    whole = [card for card in cards if card.parent_uuid is None]
    if not whole:
        raise NoDevice(
            "no CUDA device was found", "run this on a machine with a CUDA device and its driver"
        )
    if order != "PCI_BUS_ID":
        whole.sort(key=_speed, reverse=True)
    if visible is None:
        names = [str(index) for index in range(len(whole))]
    else:
        names = [name.strip() for name in visible.split(",")]
    if names[0] in _HIDING:
        raise NoDevice(
            f'CUDA_VISIBLE_DEVICES="{visible}" hides all of {len(whole)}',
            "unset CUDA_VISIBLE_DEVICES, or name a device in it",
        )
    # The first name that hides ends the list.
    hiding = next((at for at, name in enumerate(names) if name in _HIDING), len(names))
    chosen: list[Card] = []
    for name in names[:hiding][:count]:
        card = _named(name, cards, whole, visible)
        if card in chosen:
            raise NoDevice(
                f'CUDA_VISIBLE_DEVICES="{visible}" names {card.uuid} twice',
                "name each device once",
                is_mistake=True,
            )
        chosen.append(card)
    if count > 1 and any(card.parent_uuid is not None for card in chosen):
        raise NoDevice(
            f"{count} devices are needed, and a process sees one part of a divided card only",
            "name cards that are not divided (MIG) in CUDA_VISIBLE_DEVICES",
        )
    if len(chosen) < count:
        raise NoDevice(
            f"{count} devices are needed, but {_number(len(chosen), visible)}",
            "lower `tensor_parallel_size`"
            + ("" if visible is None else ", or name more devices in CUDA_VISIBLE_DEVICES"),
        )
    return tuple(chosen)


def _number(devices: int, visible: str | None) -> str:
    if visible is None:
        return f"this machine has {devices}"
    return f'CUDA_VISIBLE_DEVICES="{visible}" shows {devices}'


def _named(name: str, cards: Sequence[Card], whole: Sequence[Card], visible: str | None) -> Card:
    """The device, or the first part of it, that a name in CUDA_VISIBLE_DEVICES means."""
    if name.isdigit():
        matching = list(whole[int(name) : int(name) + 1])
    elif name.lower().startswith(("gpu-", "mig-")):
        matching = [card for card in cards if card.uuid.lower().startswith(name.lower())]
    else:
        matching = []
    if len(matching) != 1:
        names = [f"{index} ({card.uuid})" for index, card in enumerate(whole)]
        names += [card.uuid for card in cards if card.parent_uuid is not None]
        raise NoDevice(
            f'CUDA_VISIBLE_DEVICES="{visible}" names {name}, which is '
            f"{'none' if not matching else len(matching)} of the devices here",
            f"name one of {', '.join(names)}",
            is_mistake=True,
        )
    (card,) = matching
    return next((part for part in cards if part.parent_uuid == card.uuid), card)


def _speed(card: Card) -> tuple[float, int]:
    return smi_number(card.compute_capability or "") or 0, card.memory


def smi_cards(table: str, listing: str) -> list[Card]:
    """The cards in the output of `nvidia-smi`, each followed by its parts.

    :param table: what it prints with SMI_TABLE_ARGUMENTS. Lines in another form, by which it
        reports a card that does not answer, are skipped.
    :param listing: what it prints with SMI_LISTING_ARGUMENTS.
    """
    cards = []
    for values in csv.reader(table.splitlines(), skipinitialspace=True):
        row = dict(zip(_QUERY, (value.strip() for value in values)))
        if len(values) != len(_QUERY) or not row["index"].isdigit():
            continue
        card = Card(
            index=int(row["index"]),
            uuid=row["uuid"],
            name=row["name"],
            memory=int(smi_number(row["memory.total"]) or 0) << 20,
            driver=row["driver_version"],
            compute_capability=(
                row["compute_cap"] if smi_number(row["compute_cap"]) is not None else None
            ),
            max_sm_clock=smi_whole_number(row["clocks.max.sm"]),
            max_memory_clock=smi_whole_number(row["clocks.max.memory"]),
            power_limit=smi_number(row["power.limit"]),
        )
        cards += [card, *_listed_parts(card, listing)]
    return cards


def _listed_parts(card: Card, listing: str) -> list[Card]:
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
            parts.append(card.part(uuid, f"{card.name} MIG {profile}", 0))
    return parts


def smi_number(value: str) -> float | None:
    """A number that `nvidia-smi` prints; None for `[N/A]` and the like."""
    try:
        return float(value)
    except ValueError:
        return None


def smi_whole_number(value: str) -> int | None:
    """The same, as a whole number."""
    number = smi_number(value)
    return None if number is None else round(number)
