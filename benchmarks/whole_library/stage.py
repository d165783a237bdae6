"""One run of Pants, measured."""

from __future__ import annotations

import os
import re
import resource
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from benchmarks.whole_library.daemon import find_daemon

from tests.end_to_end.workspace import Repository

_COUNTER = re.compile(r"^  (\w+): (\d+)$", re.MULTILINE)
_STARTED = re.compile(r"Starting: (\S+)")
_LAST_LINES = 40
# Pants and the plugin tidy up beside the next command: what is read before is a matter of luck.
_SECONDS_OF_TIDYING = 1.0


@dataclass(frozen=True)
class Stage:
    """What a run of Pants took.

    :param name: what was done, e.g. `no-op`.
    :param targets: how many modular models the library had.
    :param started: processes that were started, by the first word of what Pants says of them.
    :param executed: processes that were started, those included that Pants says nothing of.
    :param cached: processes whose result came from the local cache. What the daemon remembers
        is in none of these numbers.
    :param cpu_seconds: of the client, the daemon and all processes that it started.
    :param resident: bytes of the daemon in memory a second after the run.
    :param peak: the most of them so far.
    :param daemon_restarted: whether the daemon that was there before is gone.
    :param load: how many processes of the machine wanted a core: averages over the minute before
        the run and the minute before its end.
    """

    name: str
    targets: int
    exit_code: int
    started: Mapping[str, int]
    executed: int
    cached: int
    wall_seconds: float
    cpu_seconds: float
    resident: int
    peak: int
    daemon_restarted: bool
    load: tuple[float, float]

    def as_json(self) -> dict:
        return asdict(self)


class StageFailed(Exception):
    """A run of Pants ended otherwise than it should have."""


def run_stage(
    repository: Repository,
    name: str,
    *arguments: str,
    targets: int,
    environment: Mapping[str, str],
    expect: int = 0,
) -> tuple[Stage, str]:
    """Runs Pants and measures; returns its output, too.

    Raises StageFailed, with the end of the output, unless it ends with the exit code `expect`.
    """
    before = find_daemon(repository.root)
    load = os.getloadavg()[0]
    client = _children()
    start = time.monotonic()
    run = repository.pants("--stats-log", *arguments, **environment)
    wall = time.monotonic() - start
    after = find_daemon(repository.root)
    text = run.stdout + run.stderr
    if run.exit_code != expect:
        last = "\n".join(text.splitlines()[-_LAST_LINES:])
        raise StageFailed(
            f"{name}: ./pants {' '.join(arguments)} ended with {run.exit_code}, "
            f"expected {expect}\n{last}"
        )
    if after is None:
        raise StageFailed(f"{name}: the daemon was gone after the run\n{run.stderr}")
    since = before.cpu_seconds if before and after.is_same(before) else 0.0
    counters = counters_of(run.stderr)
    load_after = os.getloadavg()[0]
    cpu = _children() - client + after.cpu_seconds - since
    time.sleep(_SECONDS_OF_TIDYING)
    idle = find_daemon(repository.root) or after
    stage = Stage(
        name=name,
        targets=targets,
        exit_code=run.exit_code,
        started=dict(Counter(_STARTED.findall(run.stderr))),
        executed=counters["local_execution_requests"],
        cached=counters["local_cache_requests_cached"],
        wall_seconds=round(wall, 1),
        cpu_seconds=round(cpu, 1),
        resident=idle.resident,
        peak=idle.peak,
        daemon_restarted=before is not None and not after.is_same(before),
        load=(round(load, 1), round(load_after, 1)),
    )
    return stage, text


def counters_of(log: str) -> Counter[str]:
    """Those that Pants prints with `--stats-log`."""
    return Counter({name: int(count) for name, count in _COUNTER.findall(log)})


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
