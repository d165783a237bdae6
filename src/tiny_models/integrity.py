"""Finds damage in a fixture before anything of it is loaded; imports neither torch nor numpy."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from typing import Any

from tiny_models.errors import CheckFailed
from tiny_models.manifest import NAME, Manifest, digest_file, files_below, read_manifest
from tiny_models.safetensors_header import TensorSpan, read_header
from tiny_models.weight_files import INDEX

_PICKLE_SUFFIXES = (".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".joblib", ".npy", ".npz")
# A pickle of protocol 2 or later, and a zip archive, as torch.save writes.
_PICKLE_STARTS = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"PK\x03\x04")
_FLOATS = {"float32": "F32", "float16": "F16", "bfloat16": "BF16"}
_LAYER = re.compile(r"(?:^|\.)(?:layers|h|blocks)\.(\d+)\.")
_PER_LAYER = re.compile(r"layer|depth|stage|block|channels|sizes")
_LARGEST_CONFIG = 20_000_000


def verify_integrity(directory: str) -> Manifest:
    """Compares a fixture with its manifest and its weights with its config.

    Returns the manifest. Raises CheckFailed for the first damage found: unsafe paths and links,
    pickles, missing, extra, truncated or changed files, headers that do not fit their file, the
    manifest, the index or the config.
    """
    manifest = read_manifest(directory)
    _require_plain_files(directory)
    _require_files(directory, manifest)
    spans = _headers(directory, manifest)
    _require_tensors(directory, manifest, spans)
    _require_index(directory, spans)
    _require_config(directory, manifest, spans)
    return manifest


def _require_plain_files(directory: str) -> None:
    root = os.path.realpath(directory)
    for folder, folders, names in os.walk(directory):
        for name in (*folders, *names):
            path = os.path.join(folder, name)
            real = os.path.realpath(path)
            if os.path.islink(path) and os.path.commonpath([root, real]) != root:
                raise CheckFailed("is a link that leaves the directory", place=path)
        for name in names:
            path = os.path.join(folder, name)
            if not os.path.isfile(path):
                raise CheckFailed("is not a plain file", place=path)
            _refuse_pickle(path)


def _refuse_pickle(path: str) -> None:
    suffix = os.path.splitext(path)[1].lower()
    with open(path, "rb") as file:
        start = file.read(4)
    starts_so = any(start.startswith(each) for each in _PICKLE_STARTS)
    if suffix in _PICKLE_SUFFIXES or (starts_so and suffix != ".safetensors"):
        raise CheckFailed(
            "is a pickle or an archive of one, which may run code when it is read",
            place=path,
            hint="keep weights in safetensors files",
        )


def _require_files(directory: str, manifest: Manifest) -> None:
    present = set(files_below(directory)) - {NAME}
    for name in sorted(set(manifest.files) - present):
        raise CheckFailed("is missing", place=os.path.join(directory, name))
    for name in sorted(present - set(manifest.files)):
        raise CheckFailed(
            "is not in the manifest", place=os.path.join(directory, name), hint="remove the file"
        )
    for name, expected in sorted(manifest.files.items()):
        path = os.path.join(directory, name)
        size = os.path.getsize(path)
        if size != expected.size:
            what = "truncated" if size < expected.size else "longer than it was"
            raise CheckFailed(
                f"is {what}: {size:,} bytes, expected {expected.size:,}",
                place=path,
                hint="build the fixture again",
            )
        found = digest_file(path)
        if found != expected:
            raise CheckFailed(
                f"has changed: sha256 {found.sha256}, expected {expected.sha256}",
                place=path,
                hint="build the fixture again",
            )


def _headers(directory: str, manifest: Manifest) -> dict[str, dict[str, TensorSpan]]:
    names = [name for name in manifest.files if name.endswith(".safetensors")]
    if not names:
        raise CheckFailed("there is no safetensors file", place=directory)
    return {name: read_header(os.path.join(directory, name)) for name in sorted(names)}


def _require_tensors(
    directory: str, manifest: Manifest, spans: Mapping[str, Mapping[str, TensorSpan]]
) -> None:
    found: dict[str, str] = {}
    for file, tensors in spans.items():
        place = os.path.join(directory, file)
        for name, span in tensors.items():
            if name in found:
                raise CheckFailed(f"has `{name}`, which {found[name]} has too", place=place)
            found[name] = file
            expected = manifest.tensors.get(name)
            if expected is None:
                raise CheckFailed(f"has the extra tensor `{name}`", place=place)
            if (span.dtype, span.shape) != (expected.dtype, expected.shape):
                raise CheckFailed(
                    f"`{name}` is {span.dtype} {list(span.shape)}, expected {expected.dtype} "
                    f"{list(expected.shape)}",
                    place=place,
                )
            if file != expected.file:
                raise CheckFailed(f"has `{name}`, expected in {expected.file}", place=place)
    for name in sorted(set(manifest.tensors) - set(found)):
        raise CheckFailed(
            f"the tensor `{name}` is missing",
            place=os.path.join(directory, manifest.tensors[name].file),
        )


def _require_index(directory: str, spans: Mapping[str, Mapping[str, TensorSpan]]) -> None:
    path = os.path.join(directory, INDEX)
    weights = {name: file for file, tensors in spans.items() for name in tensors}
    if not os.path.exists(path):
        if len(spans) > 1:
            raise CheckFailed(f"there are {len(spans)} files of weights but no index", place=path)
        return
    index = _json(path).get("weight_map")
    if not isinstance(index, dict):
        raise CheckFailed("has no `weight_map`", place=path)
    for name in sorted({*index, *weights}):
        if index.get(name) != weights.get(name):
            raise CheckFailed(
                f"says that `{name}` is in {index.get(name)}, found in {weights.get(name)}",
                place=path,
            )


def _require_config(
    directory: str, manifest: Manifest, spans: Mapping[str, Mapping[str, TensorSpan]]
) -> None:
    path = os.path.join(directory, "config.json")
    config = _json(path)
    if config.get("architectures") != [manifest.architecture]:
        raise CheckFailed(
            f"names the architectures {config.get('architectures')}, expected "
            f"[{manifest.architecture!r}]",
            place=path,
        )
    if config.get("dtype") not in (None, manifest.dtype):
        raise CheckFailed(
            f"says dtype {config.get('dtype')}, the manifest {manifest.dtype}", place=path
        )
    tensors = {name: span for each in spans.values() for name, span in each.items()}
    _require_dtype(path, manifest, tensors)
    parts = list(_parts(config))
    _require_vocabulary(path, parts, tensors)
    _require_layers(path, parts, tensors)


def _require_dtype(path: str, manifest: Manifest, tensors: Mapping[str, TensorSpan]) -> None:
    # Some modules keep float32 by their class's own rule, so a part of the tensors may.
    wanted = _FLOATS[manifest.dtype]
    floats = [span.dtype for span in tensors.values() if span.dtype in (*_FLOATS.values(), "F64")]
    if floats and not any(each == wanted for each in floats):
        raise CheckFailed(f"says {manifest.dtype}, but no tensor has this dtype", place=path)


def _require_vocabulary(
    path: str, parts: list[Mapping[str, Any]], tensors: Mapping[str, TensorSpan]
) -> None:
    sizes = {part["vocab_size"] for part in parts if isinstance(part.get("vocab_size"), int)}
    text_names = ("embed_tokens.weight", "word_embeddings.weight", "wte.weight")
    for name, span in sorted(tensors.items()):
        if sizes and name.endswith(text_names) and len(span.shape) == 2:
            largest = max(sizes)
            if not any(size <= span.shape[0] <= largest + 512 for size in sizes):
                raise CheckFailed(
                    f"says vocab_size {', '.join(map(str, sorted(sizes)))}, but `{name}` has "
                    f"{span.shape[0]} rows",
                    place=path,
                )


def _require_layers(
    path: str, parts: list[Mapping[str, Any]], tensors: Mapping[str, TensorSpan]
) -> None:
    counts = [
        value
        for part in parts
        for name, value in part.items()
        if isinstance(value, int) and ("layers" in name or name in ("n_layer", "depth"))
    ]
    deepest = max(
        (int(found[1]) for name in tensors if (found := _LAYER.search(name))), default=None
    )
    lists = [
        len(value)
        for part in parts
        for name, value in part.items()
        if isinstance(value, list) and _PER_LAYER.search(name)
    ]
    if counts and deepest is not None and deepest >= sum(counts) + sum(lists):
        raise CheckFailed(
            f"has at most {max(counts)} layers, but the weights have layer {deepest}", place=path
        )


def _parts(config: Any) -> Iterable[Mapping[str, Any]]:
    if isinstance(config, dict):
        yield config
        for value in config.values():
            yield from _parts(value)


def _json(path: str) -> dict[str, Any]:
    try:
        if os.path.getsize(path) > _LARGEST_CONFIG:
            raise CheckFailed(f"is larger than {_LARGEST_CONFIG:,} bytes", place=path)
        with open(path, encoding="utf-8") as file:
            values = json.load(file)
    except (OSError, ValueError, RecursionError) as problem:
        raise CheckFailed(f"cannot be read: {problem}", place=path) from None
    if not isinstance(values, dict):
        raise CheckFailed("is not a JSON object", place=path)
    return values
