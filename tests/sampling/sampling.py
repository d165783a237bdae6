"""Chooses the part of a long test that this state of the product is held to.

What takes minutes and shows the same thing again and again is tried in part: another part whenever
the product's sources change, and always the same one for the same sources, so that a result may be
cached and a failure comes again. `RULES_TRANSFORMERS_TESTS=whole` chooses everything.
"""

from __future__ import annotations

import functools
import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

_VARIABLE = "RULES_TRANSFORMERS_TESTS"
# Below the root of the repository, or of a sandbox laid out like it.
_SOURCES = ("rules", "src")


def sample(names: Iterable[str], parts: int, *, seed: str | None = None) -> list[str]:
    """One of `parts` parts of the names, in their order; each name is in exactly one part.

    :param names: what could be tried.
    :param parts: how many parts there are; their sizes differ by one at most.
    :param seed: chooses the part; by default the product's sources do.
    :raises ValueError: if the variable has an unknown value.
    """
    wanted = os.environ.get(_VARIABLE, "sample")
    if wanted not in ("sample", "whole"):
        raise ValueError(f"{_VARIABLE} is {wanted!r}, expected 'sample' or 'whole'")
    listed = list(names)
    if wanted == "whole":
        return listed
    part = _number(source_digest() if seed is None else seed) % parts
    places = sorted(range(len(listed)), key=lambda place: _number(listed[place]))
    return [listed[place] for place in sorted(places[part::parts])]


@functools.cache
def source_digest() -> str:
    """The SHA-256 of the product's Python files and their paths, as far as they are here."""
    digest = hashlib.sha256()
    for top in _SOURCES:
        for path in sorted(Path(top).absolute().rglob("*.py")):
            digest.update(f"{path.relative_to(Path.cwd())}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
