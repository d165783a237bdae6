"""What a card can do at most, from its maker's datasheet: operations and bytes in a second."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_HALF = ("bfloat16", "float16")
_H100 = "NVIDIA H100 Tensor Core GPU datasheet"
_H200 = "NVIDIA H200 Tensor Core GPU datasheet"
_A100 = "NVIDIA A100 Tensor Core GPU datasheet"


@dataclass(frozen=True)
class Peaks:
    """Of one card; ``operations`` by dtype, without sparsity and, for float32, without TF32."""

    operations: Mapping[str, float]
    bandwidth: float
    source: str


def _peaks(half: float, single: float, bandwidth: float, source: str) -> Peaks:
    """From TFLOP/s and GB/s."""
    operations = {**dict.fromkeys(_HALF, half * 1e12), "float32": single * 1e12}
    return Peaks(operations, bandwidth * 1e9, source)


# By the name that the driver gives the card.
PEAKS: Mapping[str, Peaks] = {
    "NVIDIA H200": _peaks(989.5, 67, 4800, _H200),
    "NVIDIA H200 NVL": _peaks(835.5, 60, 4800, _H200),
    "NVIDIA H100 80GB HBM3": _peaks(989.5, 67, 3350, _H100),
    "NVIDIA H100 NVL": _peaks(835.5, 60, 3900, _H100),
    "NVIDIA H100 PCIe": _peaks(756.5, 51, 2000, _H100),
    "NVIDIA A100-SXM4-40GB": _peaks(312, 19.5, 1555, _A100),
    "NVIDIA A100-SXM4-80GB": _peaks(312, 19.5, 2039, _A100),
    "NVIDIA A100-PCIE-40GB": _peaks(312, 19.5, 1555, _A100),
    "NVIDIA A100 80GB PCIe": _peaks(312, 19.5, 1935, _A100),
    "NVIDIA A10": _peaks(125, 31.2, 600, "NVIDIA A10 Tensor Core GPU datasheet"),
    "NVIDIA A40": _peaks(149.7, 37.4, 696, "NVIDIA A40 datasheet"),
    "NVIDIA L4": _peaks(121, 30.3, 300, "NVIDIA L4 Tensor Core GPU datasheet"),
    "NVIDIA L40S": _peaks(362, 91.6, 864, "NVIDIA L40S datasheet"),
    # No bfloat16 in hardware.
    "Tesla T4": Peaks({"float16": 65e12, "float32": 8.1e12}, 320e9, "NVIDIA T4 datasheet"),
}


def peaks_of(name: str) -> Peaks | None:
    """The peaks of a card, by its driver's name; None for one that is not in the table.

    A part of a card (MIG) has a name of its own, and none.
    """
    return PEAKS.get(name)
