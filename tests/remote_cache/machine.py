"""Machines that share a remote cache and nothing else: each with its own workspace and caches."""

from __future__ import annotations

import os
import re
import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.end_to_end.workspace import Run, Workspace


@dataclass(frozen=True)
class Report:
    """What a run of Pants did.

    :param counters: Pants' own, of `--stats-log`.
    :param processes: descriptions of the processes that ran to their end here.
    """

    run: Run
    counters: dict[str, int]
    processes: Counter[str]

    @property
    def warnings(self) -> list[str]:
        return re.findall(r"\[WARN\] (.*)", self.run.stderr)


class Machine:
    """A workspace, on a machine that has run nothing yet.

    :param directory: where the machine's home and caches are.
    """

    def __init__(self, directory: Path, workspace: Workspace) -> None:
        self.directory = directory
        self.workspace = workspace
        (directory / "home").mkdir(parents=True)

    def pants(self, *arguments: str, **environment: str) -> Report:
        """Runs `./pants` once, without a daemon that would remember anything."""
        cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
        run = self.workspace.pants(
            "--no-pantsd",
            "--stats-log",
            "--level=debug",
            *arguments,
            **{
                "HOME": str(self.directory / "home"),
                # Of the bootstrap; Pants' own caches are the machine's.
                "XDG_CACHE_HOME": cache,
                "PANTS_LOCAL_STORE_DIR": str(self.directory / "store"),
                "PANTS_NAMED_CACHES_DIR": str(self.directory / "named"),
                **environment,
            },
        )
        counters = re.findall(r"^  (\w+): (\d+)$", run.stderr, re.MULTILINE)
        return Report(
            run,
            {name: int(count) for name, count in counters},
            Counter(re.findall(r"Completed: (.*)", run.stderr)),
        )
