"""Arrays with a JSON header in a file: written atomically, checked when read, no pickle."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.atomic_file import write_files
from toolkit.input_file import read_bytes

Arrays = dict[str, npt.NDArray[Any]]

_HEADER = "header"
# In bytes. The index of 326 models has a fiftieth of it.
_LARGEST = 2**31


def load(path: str) -> tuple[Any, Arrays] | None:
    """The header and the arrays of a file; None when there is no whole, readable file."""
    try:
        content = read_bytes(path, most=_LARGEST)
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            # Only what is written here has a size that says how much memory it takes.
            if any(member.compress_type for member in archive.zip.infolist()):
                return None
            # Reading an array checks its checksum.
            arrays = {name: archive[name] for name in archive.files}
        document = json.loads(arrays.pop(_HEADER).tobytes())
        # Names of arrays are in no checksum.
        if sorted(arrays) != document["arrays"]:
            return None
        header = document["header"]
    except Exception:  # noqa: BLE001 - not settled for damaged archives: a bit may mean encryption
        return None
    return header, arrays


def save(path: str, header: Any, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Writes a file, with the directories above it. Raises ToolError if it cannot."""
    content = {"arrays": sorted(arrays), "header": header}
    text = json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
    archive = io.BytesIO()
    named: dict[str, Any] = {_HEADER: np.frombuffer(text, dtype=np.uint8), **arrays}
    np.savez(archive, **named)
    write_files({path: archive.getvalue()})


def default_directory() -> str:
    """The user's cache directory for this tool."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(base, "rules_transformers", "parent_finder")
