"""Files without syntax errors, as ruff sees them: it reads a file much faster than Python does.

What ruff takes for wrong, Python has to judge. Where it takes for right what is not, Python finds
that out when it reads the definition.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator

from modular_converter.emit.formatter import find_ruff

# Of the paths in one command, in characters.
_LONGEST = 100_000
# The newest Python that ruff knows.
_NEWEST = 14


def sound_files(paths: Iterable[str]) -> frozenset[str]:
    """Those of some files, by absolute path, in which ruff finds no syntax error.

    No file is, if ruff itself fails. Raises EnvironmentLack without ruff.
    """
    sound: set[str] = set()
    for batch in _batches(paths):
        sound.update(_sound(batch))
    return frozenset(sound)


def _batches(paths: Iterable[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for path in paths:
        if batch and size + len(path) > _LONGEST:
            yield batch
            batch, size = [], 0
        batch.append(path)
        size += len(path)
    if batch:
        yield batch


def _sound(paths: list[str]) -> set[str]:
    # Whatever is selected, syntax errors are reported: so are files that cannot be read.
    command = [
        find_ruff(), "check", "--isolated", "--no-cache", "--quiet", "--exit-zero",
        "--select=E902", f"--target-version=py3{min(sys.version_info.minor, _NEWEST)}",
        "--output-format=json", "--", *paths,
    ]  # fmt: skip
    environment = {**os.environ, "RUFF_NO_CACHE": "true", "RAYON_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return set()
    broken = {finding["filename"] for finding in json.loads(done.stdout)}
    return set() if broken - {*paths} else {*paths} - broken
