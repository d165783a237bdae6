"""Gives the memory that a run of Pants has freed back to the system.

While Pants solves its rule graph and reads a library, it frees more than it keeps, in pieces
between what stays, and glibc holds on to these. Pants then takes its daemon to have grown: above
`pantsd_max_memory_usage` it restarts the daemon, which loses all that it remembers.
"""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pants.engine.rules import Rule, collect_rules, rule
from pants.engine.streaming_workunit_handler import (
    StreamingWorkunitContext,
    WorkunitsCallback,
    WorkunitsCallbackFactory,
    WorkunitsCallbackFactoryRequest,
)
from pants.engine.unions import UnionRule

# What is given back must be asked for again: a run after which little has grown keeps it.
_GROWTH = 128 * 2**20


class Daemon:
    """The process that the rules run in.

    :param least: the bytes that it had in memory when it last gave some back.
    """

    def __init__(self, least: int = 0) -> None:
        self.least = least

    def give_back(self) -> None:
        """Returns unused pages to the system, if many more are in use than after the last time.

        Where the C library is not glibc, as on macOS, nothing happens.
        """
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None and resident() - self.least > _GROWTH:
            trim(0)
            self.least = resident()


def resident() -> int:
    """The bytes that this process has in memory, on Linux."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


_DAEMON = Daemon()


class FreedMemoryCallback(WorkunitsCallback):
    """Gives memory back when a run ends, beside what comes next: nobody waits for it."""

    @property
    def can_finish_async(self) -> bool:
        return True

    def __call__(
        self,
        *,
        started_workunits: tuple[dict[str, Any], ...],  # noqa: ARG002 - Pants passes it
        completed_workunits: tuple[dict[str, Any], ...],  # noqa: ARG002 - Pants passes it
        finished: bool,
        context: StreamingWorkunitContext,  # noqa: ARG002 - Pants passes it
    ) -> None:
        if finished:
            threading.Thread(target=_DAEMON.give_back, name="give back memory", daemon=True).start()


@dataclass(frozen=True)
class FreedMemoryCallbackRequest:
    """Pants asks for the callback with it."""


@rule
def give_memory_back(_: FreedMemoryCallbackRequest) -> WorkunitsCallbackFactory:
    return WorkunitsCallbackFactory(FreedMemoryCallback)


def rules() -> Iterable[Rule | UnionRule]:
    return (
        *collect_rules(),
        UnionRule(WorkunitsCallbackFactoryRequest, FreedMemoryCallbackRequest),
    )
