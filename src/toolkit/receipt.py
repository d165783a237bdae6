"""Writes the receipt that the build rules ask a process for."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

from rules_transformers_contract import receipt
from toolkit.directory_tree import files_below


def write_ordered() -> None:
    """Writes a receipt for the outputs in the working directory, if the environment orders one."""
    ordered = os.environ.get(receipt.VARIABLE)
    if ordered is None:
        return
    files = {
        path.replace(os.sep, "/"): hashlib.sha256(Path(path).read_bytes()).hexdigest()
        for path in _written(receipt.outputs_of(ordered))
    }
    Path(receipt.FILE).write_bytes(receipt.receipt(ordered, files))


def _written(outputs: Iterable[str]) -> list[str]:
    paths: list[str] = []
    for output in outputs:
        if os.path.isdir(output):
            paths += files_below(output)
        else:
            paths.append(output)
    return [path for path in paths if os.path.isfile(path) and not os.path.islink(path)]
