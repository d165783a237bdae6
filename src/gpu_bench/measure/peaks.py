"""Measures what a device can do at most: matrix products, and copies within its memory."""

from __future__ import annotations

import time
from typing import Any

from gpu_bench.device.torch_device import Device

DTYPES = ("bfloat16", "float16", "float32")
# Time for each figure; the best repetition counts, since others only take away.
SECONDS = 1.0
# A product of such matrices is bound by arithmetic on every device so far.
_ON_DEVICE = 8192
_ON_CPU = 512
# Bytes of a copied block: far more than caches hold.
_BLOCK_ON_DEVICE = 1 << 30
_BLOCK_ON_CPU = 1 << 28
# Of memory that is free, the share to use.
_SHARE = 8


def measure_peaks(device: Device, free: int | None, seconds: float = SECONDS) -> dict[str, Any]:
    """Operations and bytes in a second, as a file of peaks has them.

    A product of two n x n matrices is 2 n^3 operations, without TF32 for float32. A copy reads and
    writes each byte. ``free`` is the device's free memory in bytes; None for enough. A dtype that
    the device does not have is left out.
    """
    operations = {}
    for dtype in DTYPES:
        rate = _products(device, dtype, free, seconds)
        if rate is not None:
            operations[dtype] = rate
    return {"operations": operations, "bandwidth": _copies(device, free, seconds)}


def _products(device: Device, dtype: str, free: int | None, seconds: float) -> float | None:
    import torch

    size = _ON_CPU if device.torch_name == "cpu" else _ON_DEVICE
    kind = getattr(torch, dtype)
    while free is not None and 3 * size**2 * kind.itemsize > free // _SHARE:
        size //= 2
    try:
        # Zeros would take less power than numbers do, and so be multiplied at higher clocks.
        left, right = (torch.randn(size, size, device=device.torch_name).to(kind) for _ in "ab")
        product = torch.empty_like(left)
        best = _best(device, lambda: torch.mm(left, right, out=product), seconds)
    except (NotImplementedError, RuntimeError) as error:
        if "not implemented" not in str(error):
            raise
        return None
    return 2 * size**3 / best


def _copies(device: Device, free: int | None, seconds: float) -> float:
    import torch

    size = _BLOCK_ON_CPU if device.torch_name == "cpu" else _BLOCK_ON_DEVICE
    while free is not None and 2 * size > free // _SHARE:
        size //= 2
    source = torch.ones(size, dtype=torch.uint8, device=device.torch_name)
    target = torch.empty_like(source)
    return 2 * size / _best(device, lambda: target.copy_(source), seconds)


def _best(device: Device, work: Any, seconds: float) -> float:
    """The shortest time of one repetition in seconds, each begun with the device idle."""
    work()
    best = float("inf")
    end = time.monotonic() + seconds
    while best == float("inf") or time.monotonic() < end:
        device.synchronize()
        started = time.perf_counter_ns()
        work()
        device.synchronize()
        best = min(best, (time.perf_counter_ns() - started) / 1e9)
    return best
