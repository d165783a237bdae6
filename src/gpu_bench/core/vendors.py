"""Makers of the devices that are measured, and on whose devices this tool has been tried."""

from __future__ import annotations

NVIDIA = "NVIDIA"
AMD = "AMD"
INTEL = "Intel"

_TRIED = (NVIDIA,)


def not_tried(vendor: object) -> str | None:
    """What a report says of results from a vendor's device; None if nothing need be said.

    :param vendor: as a fingerprint names it; None for a processor, and in results that name none.
    """
    if vendor is None or vendor in _TRIED:
        return None
    return f"not tried on this kind of device ({vendor})"
