"""The peaks of the device that a benchmark would be measured on, under its lock."""

from __future__ import annotations

import os
from datetime import datetime, timezone
from typing import Any

from gpu_bench.device.fingerprint import cards_for, fingerprint
from gpu_bench.device.lock import device_locks
from gpu_bench.device.vendor_choice import vendor_of
from gpu_bench.measure.open_device import open_device
from gpu_bench.measure.peaks import measure_peaks
from gpu_bench.measure.problems import problem_of
from gpu_bench.request.fields import Device

SCHEMA = 1
KIND = "gpu_bench.peaks"


def measure_once(name: Device) -> dict[str, Any]:
    """The content of a file of peaks: rates, and the fingerprint that they are those of.

    Raises NoAccelerator, MissingPackage, and what else may befall a device.
    """
    cards = cards_for(name)
    known = fingerprint(cards)
    if cards:
        # Before torch is imported, which reads it once.
        os.environ.update(vendor_of(cards[0]).visibility(cards, os.environ))
    with device_locks(card.uuid for card in cards):
        began = datetime.now(timezone.utc)
        device = open_device(name, cards[0] if cards else None)
        try:
            rates = measure_peaks(device, device.free_memory())
        except RuntimeError as error:
            raise problem_of(error) from error
    return {
        "schema": SCHEMA,
        "kind": KIND,
        "fingerprint": known,
        "measured_at": began.isoformat(timespec="seconds"),
        **rates,
    }
