"""Writes weights as one safetensors file, or as several with an index."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tiny_models.weights.safetensors_header import ITEM_BITS, TensorSpan, read_header

SINGLE = "model.safetensors"
INDEX = "model.safetensors.index.json"


@dataclass(frozen=True)
class StoredTensor:
    """A tensor's type as in a header, its shape, and its bytes."""

    dtype: str
    shape: tuple[int, ...]
    data: bytes


def read_tensors(path: str) -> dict[str, StoredTensor]:
    """All tensors of a file by name. Raises CheckFailed as :func:`read_header` does."""
    spans = read_header(path)
    total = max((span.end for span in spans.values()), default=0)
    with open(path, "rb") as file:
        file.seek(os.path.getsize(path) - total)
        data = file.read()
    return {name: _stored(span, data) for name, span in spans.items()}


def _stored(span: TensorSpan, data: bytes) -> StoredTensor:
    return StoredTensor(span.dtype, span.shape, data[span.begin : span.end])


def write_weights(tensors: Mapping[str, StoredTensor], directory: str, shards: int) -> None:
    """Writes ``min(shards, len(tensors))`` files; names and bytes depend on the tensors alone.

    Tensors are dealt out in the order of their names, so that files have about equal sizes.
    """
    groups = _deal(tensors, min(shards, max(1, len(tensors))))
    if len(groups) == 1 and shards == 1:
        write_tensors(groups[0], os.path.join(directory, SINGLE))
        return
    weight_map: dict[str, str] = {}
    for number, group in enumerate(groups, start=1):
        name = f"model-{number:05d}-of-{len(groups):05d}.safetensors"
        write_tensors(group, os.path.join(directory, name))
        weight_map.update(dict.fromkeys(group, name))
    index = {
        "metadata": {"total_size": sum(len(tensor.data) for tensor in tensors.values())},
        "weight_map": dict(sorted(weight_map.items())),
    }
    with open(os.path.join(directory, INDEX), "w", encoding="utf-8") as file:
        file.write(json.dumps(index, indent=2) + "\n")


def _deal(tensors: Mapping[str, StoredTensor], count: int) -> list[dict[str, StoredTensor]]:
    names = sorted(tensors)
    total = sum(len(tensor.data) for tensor in tensors.values())
    groups: list[dict[str, StoredTensor]] = [{}]
    written = 0
    for position, name in enumerate(names):
        left, rest = len(names) - position, count - len(groups)
        full = written * count >= total * len(groups)
        if groups[-1] and rest and (full or left <= rest):
            groups.append({})
        groups[-1][name] = tensors[name]
        written += len(tensors[name].data)
    return groups


def write_tensors(tensors: Mapping[str, StoredTensor], path: str | os.PathLike[str]) -> None:
    """Writes one file, in the file format itself: its bytes then depend on no library's version.

    Wider types come first, so that each tensor is aligned to its items; then by name.
    """
    order = sorted(tensors, key=lambda name: (-ITEM_BITS[tensors[name].dtype], name))
    header: dict[str, Any] = {}
    position = 0
    for name in order:
        end = position + len(tensors[name].data)
        header[name] = {
            "dtype": tensors[name].dtype,
            "shape": list(tensors[name].shape),
            "data_offsets": [position, end],
        }
        position = end
    entries = {"__metadata__": {"format": "pt"}, **dict(sorted(header.items()))}
    text = json.dumps(entries, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for name in order:
            file.write(tensors[name].data)
