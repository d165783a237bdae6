"""The line at the end of a run: how many processes of the tools ran, and what caches saved."""

from __future__ import annotations

from collections.abc import Collection

from rules_transformers.observability.process_record import Asked, Source

_PRECISE_BELOW = 10
_IN_SECONDS_BELOW = 3 * 60
_IN_MINUTES_BELOW = 3 * 3600


def summary(asked: Collection[Asked]) -> str:
    """How many processes there were, where their results come from, and the work saved.

    Times are those of processes, added up: what ran side by side counts as if it had not.
    """
    parts = []
    for source in Source:
        of_source = [process for process in asked if process.source is source]
        if of_source:
            part = f"{len(of_source)} {source.value}"
            if source is Source.run:
                part += f" ({duration(sum(process.seconds for process in of_source))})"
            parts.append(part)
    number = f"{len(asked)} process{'' if len(asked) == 1 else 'es'}"
    line = f"rules_transformers: {number}: {', '.join(parts)}"
    saved = sum(process.saved_seconds for process in asked)
    return f"{line}; about {duration(saved)} of work saved" if saved else line


def duration(seconds: float) -> str:
    """A time with as many digits as are of interest."""
    if seconds < _PRECISE_BELOW:
        return f"{seconds:.1f} s"
    if seconds < _IN_SECONDS_BELOW:
        return f"{seconds:.0f} s"
    if seconds < _IN_MINUTES_BELOW:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
