"""Whether torch measures on the device that the result is filed under."""

from __future__ import annotations

import dataclasses
from typing import Any

from gpu_bench.core.errors import NoAccelerator
from rules_transformers_contract.cuda_device import Card

# Of the memory that the driver lists, CUDA keeps some back.
_LEAST_MEMORY = 0.85


def to_json(card: Card | None) -> dict[str, Any] | None:
    """A card as it is handed to a measuring process."""
    return None if card is None else dataclasses.asdict(card)


def from_json(values: dict[str, Any] | None) -> Card | None:
    """The card that ``to_json`` wrote."""
    return None if values is None else Card(**values)


def check_device(card: Card, properties: Any) -> None:
    """Raises NoAccelerator if torch's device, by its properties, is not the card.

    A part of a card has the UUID of its own or, with older drivers, that of the card. Memory that
    the driver does not know (0) is not compared.
    """
    differences = []
    uuid = getattr(properties, "uuid", None)
    known = {_plain(name) for name in (card.uuid, card.parent_uuid) if name}
    if uuid is not None and _plain(str(uuid)) not in known:
        differences.append(f"UUID {uuid}, expected {card.uuid}")
    if _model(properties.name) != _model(card.name):
        differences.append(f"{properties.name}, expected {card.name}")
    memory = int(properties.total_memory)
    if card.memory and not _LEAST_MEMORY * card.memory <= memory <= 1.02 * card.memory:
        differences.append(f"{memory >> 20} MiB, expected {card.memory >> 20}")
    if differences:
        raise NoAccelerator(
            f"torch's device is not the one that the result would be filed under: "
            f"{'; '.join(differences)}",
            hint="name the device by its UUID in CUDA_VISIBLE_DEVICES, or by its number in "
            "HIP_VISIBLE_DEVICES or ZE_AFFINITY_MASK, and look for settings that hide devices from "
            "one of torch and the driver's tools",
        )


def _plain(uuid: str) -> str:
    return uuid.lower().removeprefix("gpu-").removeprefix("mig-")


def _model(name: str) -> str:
    return " ".join(name.lower().removeprefix("nvidia ").split())
