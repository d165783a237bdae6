"""What a card can do at most: operations and bytes in a second, by its datasheet or measured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from gpu_bench.core.json_reader import Fields
from gpu_bench.results.reader import read_json
from toolkit.errors import InputError

MEASURED_KIND = "gpu_bench.peaks"
_SCHEMA = 1

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


def peaks_of(name: str, digest: str, measured: Mapping[str, Peaks]) -> Peaks | None:
    """The peaks of a card by its driver's name, or else those measured under its fingerprint.

    A part of a card (MIG) has a name of its own, which is not in the table.
    """
    return PEAKS.get(name) or measured.get(digest)


def read_measured(paths: Iterable[Path]) -> dict[str, Peaks]:
    """Files of `gpu_bench peaks` by their fingerprints. Raises InputError that names the field."""
    return dict(map(_measured, paths))


def _measured(path: Path) -> tuple[str, Peaks]:
    document = read_json(path)
    if not isinstance(document, dict) or document.get("kind") != MEASURED_KIND:
        raise InputError(
            "this is not a file of peaks",
            place=str(path),
            hint="name a file that `gpu_bench peaks` wrote",
        )
    top = Fields(document, "", str(path))
    if top.whole("schema") != _SCHEMA:
        raise top.wrong("schema", str(_SCHEMA))
    rates = top.object("operations")
    operations = {name: _rate(rates, name) for name in rates.values}
    source = f"device, measured on {top.text('measured_at')[:10]}"
    return top.object("fingerprint").text("digest"), Peaks(
        operations, _rate(top, "bandwidth"), source
    )


def _rate(fields: Fields, name: str) -> float:
    rate = fields.number(name)
    if rate <= 0:
        raise fields.wrong(name, "a number more than 0")
    return rate
