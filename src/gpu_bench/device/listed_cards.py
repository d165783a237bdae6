"""Devices as torch lists them, where no driver's library says which a process sees first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gpu_bench.core.errors import NoAccelerator
from gpu_bench.device.torch_listing import first_devices
from rules_transformers_contract.cuda_device import Card


def listed_cards(
    vendor: str, api: str, variables: Mapping[str, str], choosing: tuple[str, ...], count: int
) -> list[tuple[Card, dict[str, Any]]]:
    """Torch's first ``count`` devices, each with all that torch says of it.

    :param choosing: the variables that choose a vendor's devices, which a message names.
    :raises NoAccelerator: if there are not so many, or torch does not identify them.
    """
    devices = first_devices(api, count)
    set_here = [f'{name}="{variables[name]}"' for name in choosing if name in variables]
    with_these = f" with {' and '.join(set_here)}" if set_here else ""
    correct = f"correct or unset {' and '.join(choosing)}"
    if not devices:
        raise NoAccelerator(
            f"no accelerator: torch sees no {vendor} device{with_these}",
            hint=(correct if set_here else "check the driver")
            + "; for a smoke test, set `device` to cpu",
        )
    if len(devices) < count:
        raise NoAccelerator(
            f"{count} devices are needed, but torch sees {len(devices)} of {vendor}{with_these}",
            hint="lower `tensor_parallel_size`" + (f", or {correct}" if set_here else ""),
        )
    if not all(device["uuid"] for device in devices):
        raise NoAccelerator(
            "this torch does not identify its device by a UUID, which results are filed under",
            hint="use torch 2.7 or later",
        )
    return [(_card(vendor, index, device), device) for index, device in enumerate(devices)]


def first_names(chosen: str | None, count: int) -> str:
    """The first names of a variable that chooses devices; `0,1` and so on if it is not set."""
    if not chosen:
        return ",".join(map(str, range(count)))
    return ",".join(name.strip() for name in chosen.split(",")[:count])


def _card(vendor: str, index: int, device: Mapping[str, Any]) -> Card:
    return Card(
        index=index,
        uuid=device["uuid"],
        name=device["name"],
        memory=device["memory"] >> 20 << 20,
        driver=device["driver"],
        compute_capability=device["architecture"],
        vendor=vendor,
    )
