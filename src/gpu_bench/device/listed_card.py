"""A device as torch lists it, where no driver's library says which one a process sees first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gpu_bench.core.errors import NoAccelerator
from gpu_bench.device.torch_listing import first_device
from rules_transformers_contract.cuda_device import Card


def listed_card(
    vendor: str, api: str, variables: Mapping[str, str], choosing: tuple[str, ...]
) -> tuple[Card, dict[str, Any]]:
    """Torch's first device, and all that torch says of it.

    :param choosing: the variables that choose a vendor's devices, which a message names.
    :raises NoAccelerator: if there is none, or torch does not identify it.
    """
    device = first_device(api)
    if device is None:
        set_here = [f'{name}="{variables[name]}"' for name in choosing if name in variables]
        raise NoAccelerator(
            f"no accelerator: torch sees no {vendor} device"
            + (f" with {' and '.join(set_here)}" if set_here else ""),
            hint=(f"correct or unset {' and '.join(choosing)}" if set_here else "check the driver")
            + "; for a smoke test, set `device` to cpu",
        )
    if not device["uuid"]:
        raise NoAccelerator(
            "this torch does not identify its device by a UUID, which results are filed under",
            hint="use torch 2.7 or later",
        )
    card = Card(
        index=0,
        uuid=device["uuid"],
        name=device["name"],
        memory=device["memory"] >> 20 << 20,
        driver=device["driver"],
        compute_capability=device["architecture"],
        vendor=vendor,
    )
    return card, device
