"""Reads and checks the header of a safetensors file; reads no tensor and allocates nothing big."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tiny_models.core.errors import CheckFailed

ITEM_BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E4M3": 8, "F8_E5M2": 8, "U16": 16, "I16": 16, "F16": 16,
    "BF16": 16, "U32": 32, "I32": 32, "F32": 32, "U64": 64, "I64": 64, "F64": 64, "C64": 64,
}  # fmt: skip
_LENGTH = 8
_LONGEST_HEADER = 100_000_000


@dataclass(frozen=True)
class TensorSpan:
    """A tensor's type and shape, and where its bytes are, from the end of the header."""

    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


def read_header(path: str) -> dict[str, TensorSpan]:
    """The tensors of a file, in the order of their bytes.

    Raises CheckFailed if the header claims what the file cannot hold, or its spans leave gaps,
    overlap, or disagree with their shapes.
    """
    size = os.path.getsize(path)
    with open(path, "rb") as file:
        start = file.read(_LENGTH)
        if len(start) < _LENGTH:
            raise CheckFailed(f"is {size} bytes long, too short for a safetensors file", place=path)
        length = int.from_bytes(start, "little")
        if length > min(size - _LENGTH, _LONGEST_HEADER):
            raise CheckFailed(
                f"claims a header of {length:,} bytes in a file of {size:,}", place=path
            )
        raw = file.read(length)
    header = _parse(raw, path)
    spans = {name: _span(name, entry, path) for name, entry in header.items()}
    spans = dict(sorted(spans.items(), key=lambda item: (item[1].begin, item[1].end)))
    _require_contiguous(spans, size - _LENGTH - length, path)
    return spans


def _parse(raw: bytes, path: str) -> dict[str, Any]:
    try:
        header = json.loads(raw.decode("utf-8"), object_pairs_hook=_unique)
    except (ValueError, RecursionError) as problem:
        raise CheckFailed(f"the header is not valid JSON: {problem}", place=path) from None
    if not isinstance(header, dict):
        raise CheckFailed("the header is not a JSON object", place=path)
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
        raise CheckFailed("`__metadata__` is not an object of strings", place=path)
    return header


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    by_key = dict(pairs)
    if len(by_key) != len(pairs):
        raise ValueError("a key occurs twice")
    return by_key


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _span(name: str, entry: Any, path: str) -> TensorSpan:
    if not isinstance(entry, Mapping) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise CheckFailed(f"`{name}` is not described by dtype, shape and offsets", place=path)
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in ITEM_BITS:
        raise CheckFailed(f"`{name}` has the unknown dtype {dtype!r}", place=path)
    if not isinstance(shape, list) or not all(map(_whole, shape)):
        raise CheckFailed(f"`{name}` has the shape {shape!r}", place=path)
    if not isinstance(offsets, list) or len(offsets) != 2 or not all(map(_whole, offsets)):
        raise CheckFailed(f"`{name}` has the offsets {offsets!r}", place=path)
    begin, end = offsets
    needed = math.prod(shape) * ITEM_BITS[dtype] // 8
    if end - begin != needed:
        raise CheckFailed(
            f"`{name}` of shape {shape} and dtype {dtype} takes {needed:,} bytes, but its offsets "
            f"give it {end - begin:,}",
            place=path,
        )
    return TensorSpan(dtype, tuple(shape), begin, end)


def _require_contiguous(spans: Mapping[str, TensorSpan], data: int, path: str) -> None:
    position = 0
    for name, span in spans.items():
        if span.begin != position:
            raise CheckFailed(
                f"`{name}` begins at byte {span.begin:,} where {position:,} was expected",
                place=path,
            )
        position = span.end
    if position != data:
        what = "truncated" if data < position else "followed by what no tensor owns"
        raise CheckFailed(
            f"is {what}: the header describes {position:,} bytes, the file has {data:,}", place=path
        )
