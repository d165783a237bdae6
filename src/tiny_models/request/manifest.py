"""``fixture.json``: what a fixture is, and the digest of each of its files."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tiny_models.core.errors import CheckFailed
from tiny_models.core.values import DTYPES, LARGEST_SEED
from toolkit import directory_tree, json_text
from toolkit.errors import InputError
from toolkit.input_file import read_text
from toolkit.paths import is_confined

NAME = "fixture.json"
SCHEMA = 1
# In bytes; each tensor takes about 150.
LARGEST_MANIFEST = 50_000_000
# Of a SHA-256 in hexadecimal.
_DIGITS = 64
_KEYS = {
    "schema", "address", "repo_id", "model_type", "architecture", "seed", "dtype",
    "transformers_version", "request_digest", "files", "tensors",
}  # fmt: skip
_OPTIONAL_KEYS = {"left_out"}


@dataclass(frozen=True)
class FileEntry:
    """A file's size in bytes and the SHA-256 of its content, in hexadecimal."""

    size: int
    sha256: str


@dataclass(frozen=True)
class TensorEntry:
    """A tensor's type as in a safetensors header, its shape and the file that has it."""

    dtype: str
    shape: tuple[int, ...]
    file: str


@dataclass(frozen=True)
class Reason:
    """Why a fixture was built without one of its parts, and what adds it."""

    message: str
    hint: str


@dataclass(frozen=True)
class Manifest:
    """The content of ``fixture.json``; the schema says what each field means."""

    address: str
    repo_id: str | None
    model_type: str
    architecture: str
    seed: int
    dtype: str
    transformers_version: str
    request_digest: str
    files: Mapping[str, FileEntry]
    tensors: Mapping[str, TensorEntry]
    left_out: Mapping[str, Reason] = field(default_factory=dict)

    def to_json(self) -> str:
        """The text of the file: keys in a fixed order, files and tensors by name."""
        values: dict[str, Any] = {
            "schema": SCHEMA,
            "address": self.address,
            "repo_id": self.repo_id,
            "model_type": self.model_type,
            "architecture": self.architecture,
            "seed": self.seed,
            "dtype": self.dtype,
            "transformers_version": self.transformers_version,
            "request_digest": self.request_digest,
            "files": {
                name: {"size": file.size, "sha256": file.sha256}
                for name, file in sorted(self.files.items())
            },
            "tensors": {
                name: {"dtype": tensor.dtype, "shape": list(tensor.shape), "file": tensor.file}
                for name, tensor in sorted(self.tensors.items())
            },
        }
        if self.left_out:
            values["left_out"] = {
                part: {"message": reason.message, "hint": reason.hint}
                for part, reason in sorted(self.left_out.items())
            }
        return json.dumps(values, indent=1) + "\n"


def digest_file(path: str) -> FileEntry:
    """The size and digest of a file."""
    hasher = hashlib.sha256()
    size = 0
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            hasher.update(block)
            size += len(block)
    return FileEntry(size, hasher.hexdigest())


def files_below(directory: str) -> Iterator[str]:
    """The paths of all files below a directory, with ``/``, sorted; links are not followed.

    Raises InputError or EnvironmentLack if a directory cannot be read.
    """
    yield from sorted(
        os.path.relpath(path, directory).replace(os.sep, "/")
        for path in directory_tree.files_below(directory)
    )


def read_manifest(directory: str) -> Manifest:
    """Reads and checks ``fixture.json``. Raises CheckFailed, located in that file."""
    path = os.path.join(directory, NAME)
    if not os.path.lexists(path):
        raise CheckFailed(
            f"there is no {NAME}", place=directory, hint="give the directory of a fixture"
        )
    try:
        text = read_text(path, "the manifest", most=LARGEST_MANIFEST)
        values = json_text.parse(text, path, "the manifest")
        return parse_manifest(values)
    except InputError as problem:
        raise CheckFailed(problem.message, place=problem.place, hint=problem.hint) from None
    except ValueError as problem:
        raise CheckFailed(f"is not a manifest: {problem}", place=path) from None


def parse_manifest(values: Any) -> Manifest:
    """The manifest that a JSON document stands for. Raises ValueError if it is none."""
    try:
        return _parse(values)
    except (AttributeError, KeyError, TypeError) as problem:
        raise ValueError(str(problem)) from None


def _parse(values: Any) -> Manifest:
    if not isinstance(values, dict) or set(values) - _OPTIONAL_KEYS != _KEYS:
        raise ValueError(f"expected an object with the keys {', '.join(sorted(_KEYS))}")
    if values["schema"] != SCHEMA:
        raise ValueError(f"schema {values['schema']!r} is not understood, expected {SCHEMA}")
    if values["dtype"] not in DTYPES:
        raise ValueError(f"unknown dtype {values['dtype']!r}")
    if not _whole(values["seed"]) or values["seed"] > LARGEST_SEED:
        raise ValueError(f"seed {values['seed']!r}")
    for name in ("address", "model_type", "architecture", "transformers_version"):
        if not isinstance(values[name], str):
            raise ValueError(f"`{name}` is not a string")
    if values["repo_id"] is not None and not isinstance(values["repo_id"], str):
        raise ValueError("`repo_id` is not a string")
    files = {name: _file(name, entry) for name, entry in values["files"].items()}
    return Manifest(
        address=values["address"],
        repo_id=values["repo_id"],
        model_type=values["model_type"],
        architecture=values["architecture"],
        seed=values["seed"],
        dtype=values["dtype"],
        transformers_version=values["transformers_version"],
        request_digest=_digest(values["request_digest"]),
        files=files,
        tensors={name: _tensor(name, entry, files) for name, entry in values["tensors"].items()},
        left_out={part: _reason(part, why) for part, why in values.get("left_out", {}).items()},
    )


def _file(name: str, values: Any) -> FileEntry:
    if not is_confined(name):
        raise ValueError(f"the path {name!r} leaves the directory")
    if set(values) != {"size", "sha256"} or not _whole(values["size"]):
        raise ValueError(f"`{name}` needs a size and a sha256")
    return FileEntry(values["size"], _digest(values["sha256"]))


def _tensor(name: str, values: Any, files: Mapping[str, Any]) -> TensorEntry:
    if set(values) != {"dtype", "shape", "file"} or not isinstance(values["dtype"], str):
        raise ValueError(f"`{name}` needs dtype, shape and file")
    if not isinstance(values["shape"], list) or not all(map(_whole, values["shape"])):
        raise ValueError(f"`{name}` has the shape {values['shape']!r}")
    if values["file"] not in files:
        raise ValueError(f"`{name}` is in {values['file']!r}, which is not listed")
    return TensorEntry(values["dtype"], tuple(values["shape"]), values["file"])


def _reason(part: str, values: Any) -> Reason:
    if set(values) != {"message", "hint"} or not all(isinstance(v, str) for v in values.values()):
        raise ValueError(f"`{part}` needs a message and a hint")
    return Reason(values["message"], values["hint"])


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _digest(value: Any) -> str:
    if not isinstance(value, str) or len(value) != _DIGITS or set(value) - set("0123456789abcdef"):
        raise ValueError(f"{value!r} is no SHA-256 in hexadecimal")
    return value
