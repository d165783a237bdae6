"""Looks at a checkpoint before the library reads it: it is data, and stays in its directory.

The library takes what an index of weights names to be a pickle unless the name says otherwise, and
follows it anywhere.
"""

from __future__ import annotations

import json
import os

from parent_finder.core.errors import InputError

_INDEX = "model.safetensors.index.json"
_SUFFIX = ".safetensors"


def check(directory: str) -> None:
    """Raises InputError for links that leave a directory, and for an index that does."""
    root = os.path.realpath(directory)
    for folder, folders, names in os.walk(directory):
        for name in sorted((*folders, *names)):
            path = os.path.join(folder, name)
            if os.path.commonpath([root, os.path.realpath(path)]) != root:
                raise InputError(
                    path,
                    "this link leaves the checkpoint's directory",
                    hint="copy the files themselves, for example with `hf download --local-dir`",
                )
    index = os.path.join(directory, _INDEX)
    if os.path.isfile(index):
        _check_index(index)


def _check_index(path: str) -> None:
    try:
        with open(path, encoding="utf-8") as file:
            names = sorted({str(each) for each in json.load(file)["weight_map"].values()})
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise InputError(path, "this is no index of weights") from None
    for name in names:
        if not name.endswith(_SUFFIX) or set(name) & set("/\\\0"):
            raise InputError(
                path,
                f"weights are in {name!r}, which is not a safetensors file next to the index",
                hint="save the model again, with its shards next to the index",
            )
