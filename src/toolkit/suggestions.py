"""Hints for a name that is not known: the nearest known ones, or all of them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

# Where more names are known than this, a hint that lists them all helps nobody.
_MOST_LISTED = 20


def nearest(name: str, known: Iterable[str], count: int = 3) -> list[str]:
    """Up to ``count`` known names that look like ``name``, nearest first; case is ignored."""
    by_lowered: dict[str, str] = {}
    for candidate in known:
        by_lowered.setdefault(candidate.lower(), candidate)
    matches = difflib.get_close_matches(name.lower(), by_lowered, count, 0.6)
    return [by_lowered[match] for match in matches]


def did_you_mean(name: str, known: Iterable[str], what: str = "") -> str:
    """A hint for the unknown ``name``; empty if no name is near and too many are known.

    :param what: what the known names are, in the plural, e.g. ``keys``.
    """
    names = sorted(set(known))
    matches = nearest(name, names)
    if matches:
        return f"did you mean {' or '.join(f'`{match}`' for match in matches)}?"
    if not names or len(names) > _MOST_LISTED:
        return ""
    known_names = f"known {what}" if what else "known"
    return f"{known_names}: {', '.join(names)}"
