"""Looks at a checkpoint before the library reads it: a checkpoint is data, and stays in its place.

The library takes what an index of weights names to be a pickle unless the name says otherwise, and
follows it anywhere.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from toolkit.errors import InputError

CONFIG = "config.json"
INDEX = "model.safetensors.index.json"
_WEIGHTS = "model.safetensors"
_SUFFIX = ".safetensors"
# The library would follow it to another model, and read that one's weights.
_ADAPTER = "adapter_config.json"


def check_directory(directory: Path) -> None:
    """Raises InputError where a model repository on disk is none, or not safe to read."""
    if not (directory / CONFIG).is_file():
        raise InputError(
            f"there is no model in {directory}: it has no {CONFIG}",
            hint="`model.checkpoint` is the directory of a model repository",
        )
    _refuse_leaving_links(directory)
    if (directory / _ADAPTER).exists():
        raise InputError(
            "this is an adapter, not a model",
            place=str(directory / _ADAPTER),
            hint="merge it into its base model, and name the directory of the result",
        )
    if (directory / INDEX).is_file() and not (directory / _WEIGHTS).is_file():
        check_index(directory / INDEX, directory)
    elif not (directory / _WEIGHTS).is_file():
        others = sorted(each.name for each in directory.glob("*.bin"))
        found = f"found {', '.join(others)}" if others else "found no weights"
        raise InputError(
            f"there is no safetensors file in {directory}: {found}",
            hint="save the model as safetensors: other formats may run code when they are read",
        )


def check_index(path: Path, directory: Path | None = None) -> None:
    """Raises InputError where an index names anything but safetensors files beside it.

    ``directory`` must have them, if it is given.
    """
    for name in sorted(set(_weight_map(path))):
        plain = isinstance(name, str) and name.endswith(_SUFFIX) and not set(name) & set("/\\\0")
        if not plain or (directory is not None and not (directory / name).is_file()):
            raise InputError(
                f"says that weights are in {name!r}, which is not in the directory as a "
                "safetensors file",
                place=str(path),
                hint="save the model anew: its shards lie beside the index",
            )


def _weight_map(path: Path) -> list[Any]:
    try:
        return [str(each) for each in json.loads(path.read_bytes())["weight_map"].values()]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise InputError("is no index of weights", place=str(path)) from None


def _refuse_leaving_links(directory: Path) -> None:
    root = os.path.realpath(directory)
    for path in _below(directory):
        real = os.path.realpath(path)
        if os.path.islink(path) and os.path.commonpath([root, real]) != root:
            raise InputError(
                "is a link that leaves the checkpoint's directory",
                place=path,
                hint="copy the files themselves, for example with `hf download --local-dir`",
            )


def _below(directory: Path) -> Iterator[str]:
    for folder, folders, names in os.walk(directory):
        yield from (os.path.join(folder, name) for name in sorted((*folders, *names)))
