"""How long processes wait for a remote cache before they are started here as well.

By itself Pants starts a process in the moment in which it asks a remote cache for the result, and
ends it when there is one: each hit costs a start, and a device is used in vain. Where no remote
cache is set, nothing waits.
"""

from __future__ import annotations

from dataclasses import replace

from pants.engine.process import Process

# In milliseconds, for work of about a second: less than it takes, more than an answer takes.
SHORT_WORK = 500
# For work of several seconds, such as what imports torch.
LONG_WORK = 2_000
# For measurements, which take minutes and must have the device for themselves.
MEASUREMENT = 10_000


def waiting(process: Process, millis: int) -> Process:
    """The process, started only if a remote cache does not have its result within that time."""
    return replace(process, remote_cache_speculation_delay_millis=millis)
