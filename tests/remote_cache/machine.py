"""Machines that share a remote cache and nothing else: each has its own workspace and caches."""

from __future__ import annotations

import os
import re
import shutil
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tests.end_to_end.workspace import Run, Workspace

_SPAWNED = re.compile(
    r'spawned local process .*description: "((?:[^"\\]|\\.)*)".*cache_scope: (?:Successful|Always),'
)


@dataclass(frozen=True)
class Report:
    """What a run of Pants did, as Pants itself counts and not by the time it took."""

    run: Run

    @cached_property
    def counters(self) -> Counter[str]:
        """Those of `--stats-log`."""
        found = re.findall(r"^  (\w+): (\d+)$", self.run.stderr, re.MULTILINE)
        return Counter({name: int(count) for name, count in found})

    @cached_property
    def started(self) -> list[str]:
        """Descriptions of the processes that were started here, of those that a cache could have.

        What Pants asks the machine itself on each start, such as where `bash` is, no cache has.
        """
        return _SPAWNED.findall(self.run.stderr)

    @cached_property
    def finished(self) -> list[str]:
        """Those of them that ran to their end."""
        return [description for description in self.started if description in self.completed]

    @cached_property
    def completed(self) -> list[str]:
        """Descriptions of all that was done, here or on a server."""
        return re.findall(r"Completed: (.*)", self.run.stderr)

    @cached_property
    def hits(self) -> list[str]:
        """Descriptions of the processes whose results came from the remote cache."""
        return re.findall(r'remote cache hit for: "((?:[^"\\]|\\.)*)"', self.run.stderr)

    @cached_property
    def warnings(self) -> list[str]:
        """What is said of the remote cache above the level of debugging."""
        return re.findall(r"\[WARN\] (Failed to .* remote cache .*)", self.run.stderr)


class Machine:
    """A workspace, on a machine that has run nothing yet.

    :param directory: where the machine's home and caches are.
    :param environment: variables that the machine has.
    """

    def __init__(self, directory: Path, workspace: Workspace, **environment: str) -> None:
        self.workspace = workspace
        self._directory = directory
        (directory / "home").mkdir(parents=True)
        home = Path.home()
        self._environment = {
            "HOME": str(directory / "home"),
            # Of the bootstrap, at one path on all machines; Pants' own caches are the machine's.
            "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME") or str(home / ".cache"),
            # Where interpreters are that are installed, though not for this home.
            "PYENV_ROOT": os.environ.get("PYENV_ROOT") or str(home / ".pyenv"),
            "XDG_DATA_HOME": os.environ.get("XDG_DATA_HOME") or str(home / ".local/share"),
            "PANTS_LOCAL_STORE_DIR": str(directory / "store"),
            "PANTS_NAMED_CACHES_DIR": str(directory / "named"),
            **environment,
        }

    def takes_caches_of(self, other: Machine, *, results: bool = True) -> None:
        """Copies what the other machine has in its own caches by now.

        :param results: whether also those of processes, besides what is unpacked.
        """
        for name in ("named", "store") if results else ("named",):
            shutil.copytree(other._directory / name, self._directory / name, symlinks=True)

    def pants(self, *arguments: str, **environment: str) -> Report:
        """Runs `./pants` once, without a daemon, which would remember results by itself."""
        return Report(
            self.workspace.pants(
                *("--no-pantsd", "--stats-log", "--level=debug", *arguments),
                **{**self._environment, **environment},
            )
        )

    def pants_succeeds(self, *arguments: str, **environment: str) -> Report:
        """The same, and the run must succeed."""
        report = self.pants(*arguments, **environment)
        assert report.run.exit_code == 0, report.run.stdout + report.run.stderr
        return report
