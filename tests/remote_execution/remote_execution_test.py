"""Conversions on a server: one that reads the fields that Pants writes, and one that does not."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.end_to_end.workspace import Workspace
from tests.remote_cache.libraries import MODELS
from tests.remote_cache.machine import Machine
from tests.remote_execution import buildbox
from tests.remote_execution.buildbox import BuildBox

# The root of a sandbox has the directories of the system beside those of the repository.
_LIBRARY = {path.replace("lib/", "acme/"): text for path, text in MODELS.items()}
_PYTHON = str(Path(sys.executable).resolve())


def _folders_of_wheels() -> Iterator[Path]:
    """Top-level directories of what pip's configuration names: packages come from there."""
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    )
    for place in re.findall(r"(?:file://)?(/[^\s'\"\\]+)", listed.stdout):
        yield Path(*Path(place).parts[:2])


@contextmanager
def _serving(directory: Path, release: str) -> Iterator[BuildBox]:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    visible = (cache / "rules_transformers", pyenv, Path(sys.base_prefix), *_folders_of_wheels())
    try:
        programs = buildbox.install(directory / "release", release)
    except buildbox.NoServer as problem:
        pytest.skip(f"REMOTE EXECUTION IS NOT TESTED: {problem}")
    with buildbox.serving(programs, directory / "server", visible) as server:
        yield server


def _machine(directory: Path) -> Machine:
    workspace = Workspace(directory / "workspace")
    workspace.write(_LIBRARY)
    return Machine(directory, workspace, PANTS_PYTHON_BOOTSTRAP_SEARCH_PATH=f"['{_PYTHON}']")


def test_a_server_converts_and_a_second_machine_takes_its_results(tmp_path: Path) -> None:
    with _serving(tmp_path, "2.5.0") as server:
        first = _machine(tmp_path / "first")
        report = first.pants_succeeds(*server.options, "generate", "::")
        executed = report.counters["remote_execution_success"]
        assert executed == report.counters["remote_execution_requests"] > 5
        assert report.counters["local_execution_requests"] == 0
        assert "class LeafScale" in first.workspace.read("acme/leaf/modeling_leaf.py")
        second = _machine(tmp_path / "second").pants_succeeds(*server.options, "generate", "::")
        assert second.counters["local_execution_requests"] == 0


def test_a_server_that_returns_no_outputs_is_one_message(tmp_path: Path) -> None:
    with _serving(tmp_path, "2.8.1") as server:
        run = _machine(tmp_path / "machine").pants(*server.options, "generate", "::").run
        assert run.exit_code == 1
        assert run.stderr.count("the remote execution server ended the process with 0") == 1
        assert "hint: Pants 2.17.1 declares outputs in the fields of version 2.0" in run.stderr
