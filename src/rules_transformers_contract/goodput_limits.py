"""Limits that a request under load must keep to count for goodput, as `per_token=20ms`."""

from __future__ import annotations

import re

# The time to a request's first token, and the mean time of each further one.
NAMES = ("time_to_first_token", "per_token")

_SECONDS = {"s": 1.0, "ms": 1e-3, "us": 1e-6}
_TIME = re.compile(r"(?P<number>\d+(\.\d+)?)(?P<unit>s|ms|us)", re.ASCII)
_LEAST_NANOSECONDS = 1


def nanoseconds(text: str) -> float | None:
    """The time that `200ms`, `0.2s` or `900us` is; None if it is none."""
    match = _TIME.fullmatch(text.strip())
    if match is None:
        return None
    time = float(match["number"]) * _SECONDS[match["unit"]] * 1e9
    return time if time >= _LEAST_NANOSECONDS else None


def limit(text: str) -> tuple[str, float] | None:
    """The name and the nanoseconds of `time_to_first_token=200ms`; None if it is no limit."""
    name, _, time = text.strip().partition("=")
    value = nanoseconds(time)
    return None if name not in NAMES or value is None else (name, value)
