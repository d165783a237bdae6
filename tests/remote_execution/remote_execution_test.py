"""Goals on a server: one that reads the fields that Pants writes, and one that does not."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.end_to_end.all_tools import (
    BY_GOALS,
    GENERATED,
    specs,
    write_repository,
    write_wheel,
)
from tests.remote_cache.machine import Machine
from tests.remote_execution import buildbox
from tests.remote_execution.buildbox import BuildBox

_PYTHON = str(Path(sys.executable).resolve())


def _folders_of_wheels() -> Iterator[Path]:
    """Top-level directories of what pip's configuration names: packages come from there."""
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    )
    for place in re.findall(r"(?:file://)?(/[^\s'\"\\]+)", listed.stdout):
        yield Path(*Path(place).parts[:2])


@contextmanager
def _serving(directory: Path, release: str, wheels: Path) -> Iterator[BuildBox]:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    pythons = (cache / "rules_transformers", pyenv, Path(sys.base_prefix))
    visible = (*pythons, wheels, *_folders_of_wheels())
    try:
        programs = buildbox.install(directory / "release", release)
    except buildbox.NoServer as problem:
        pytest.skip(f"REMOTE EXECUTION IS NOT TESTED: {problem}")
    with buildbox.serving(programs, directory / "server", visible) as server:
        yield server


def _machine(directory: Path, wheel: Path) -> Machine:
    workspace = write_repository(directory / "workspace", wheel)
    return Machine(directory, workspace, PANTS_PYTHON_BOOTSTRAP_SEARCH_PATH=f"['{_PYTHON}']")


def test_a_server_does_the_work_and_a_second_machine_takes_its_results(tmp_path: Path) -> None:
    wheel = write_wheel(tmp_path / "wheels")
    with _serving(tmp_path, "2.5.0", wheel.parent) as server:
        first = _machine(tmp_path / "first", wheel)
        reports = {
            goals: first.pants_succeeds(*server.options, *goals, *specs(goals))
            for goals in BY_GOALS
        }
        for goals, report in reports.items():
            executed = report.counters["remote_execution_success"]
            assert executed == report.counters["remote_execution_requests"]
            assert report.counters["local_execution_requests"] == 0
            assert set(BY_GOALS[goals]) <= set(report.completed)
        assert "class LeafScale" in first.workspace.read(GENERATED)
        assert "PineScale" in reports["parents",].run.stdout

        second = _machine(tmp_path / "second", wheel)
        for goals, report in reports.items():
            taken = second.pants_succeeds(*server.options, *goals, *specs(goals))
            assert taken.counters["local_execution_requests"] == 0
            assert set(BY_GOALS[goals]) <= set(taken.hits)
            assert taken.run.stdout == report.run.stdout
        assert second.workspace.read(GENERATED) == first.workspace.read(GENERATED)


def test_a_server_that_returns_no_outputs_is_one_message(tmp_path: Path) -> None:
    wheel = write_wheel(tmp_path / "wheels")
    with _serving(tmp_path, "2.8.1", wheel.parent) as server:
        run = _machine(tmp_path / "machine", wheel).pants(*server.options, "generate", "::").run
        assert run.exit_code == 1
        assert run.stderr.count("the remote execution server ended the process with 0") == 1
        assert "hint: Pants 2.17.1 declares outputs in the fields of version 2.0" in run.stderr
