"""What differs between the inputs of a process now and before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rules_transformers.observability.process_record import Key


def changed_files(before: Mapping[str, str], now: Mapping[str, str]) -> tuple[str, ...]:
    """A line for each file that is not the same in both; they map paths to digests."""
    return tuple(_changes(before, now, ""))


def changed_parts(before: Key, now: Key) -> tuple[str, ...]:
    """A line for each part of the keys that differs, files aside."""
    lines = list(_changes(before.directories, now.directories, "directory "))
    if before.arguments != now.arguments:
        lines.append(f"changed arguments: {' '.join(before.arguments)}")
        lines.append(f"            to now: {' '.join(now.arguments)}")
    lines += _changes(before.variables, now.variables, "variable ")
    if before.other != now.other:
        lines.append("changed platform, declared outputs or timeout")
    return tuple(lines)


def _changes(before: Mapping[str, str], now: Mapping[str, str], kind: str) -> Iterator[str]:
    for name in sorted(before.keys() | now.keys()):
        if name not in before:
            yield f"added {kind}{name}"
        elif name not in now:
            yield f"removed {kind}{name}"
        elif before[name] != now[name]:
            yield f"changed {kind}{name}"
