"""What a workspace's daemon uses, according to the kernel."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Daemon:
    """A process and what it has used so far.

    :param start: ticks since the machine's start; with the id this identifies a process.
    :param cpu_seconds: user and system time, of the process and the children that it waited for.
    :param resident: bytes in memory now. Pants restarts its daemon above a limit of these.
    :param peak: the most bytes that were in memory at once.
    """

    pid: int
    start: int
    cpu_seconds: float
    resident: int
    peak: int

    def is_same(self, other: Daemon | None) -> bool:
        """Whether both are one process, seen at two times."""
        return other is not None and (self.pid, self.start) == (other.pid, other.start)


def find_daemon(root: Path, proc: Path = PROC) -> Daemon | None:
    """The running daemon of a workspace; None if there is none."""
    for pid_file in (root / ".pids").glob("*/pantsd/pid"):
        try:
            return _read(int(pid_file.read_text()), proc)
        except (OSError, ValueError):
            continue
    return None


def _read(pid: int, proc: Path) -> Daemon:
    # The name, in parentheses, may hold anything; the state follows as field 3.
    fields = (proc / str(pid) / "stat").read_text().rpartition(")")[2].split()
    memory = dict(
        line.split(":", 1) for line in (proc / str(pid) / "status").read_text().splitlines()
    )
    if "VmRSS" not in memory:
        raise ValueError(f"process {pid} has ended")
    return Daemon(
        pid=pid,
        start=int(fields[19]),
        cpu_seconds=sum(map(int, fields[11:15])) / _TICKS,
        resident=_bytes(memory["VmRSS"]),
        peak=_bytes(memory["VmHWM"]),
    )


def _bytes(text: str) -> int:
    return 1024 * int(text.split()[0])
