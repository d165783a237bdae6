"""Starts of Pants' daemon on a machine too busy for Pants' own limits."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.workspace import Repository

_START = "build-support/bootstrap/start_pants.py"


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[Repository]:
    repository = Repository(tmp_path / "repository")
    repository.write({"pants.toml": '[GLOBAL]\npants_version = "2.17.1"\nbackend_packages = []\n'})
    yield repository
    repository.stop()


def _daemons(repository: Repository) -> int:
    """How many daemons of the repository are running, or starting."""
    count = 0
    for directory in Path("/proc").glob("[0-9]*/cwd"):
        with contextlib.suppress(OSError):
            count += directory.resolve() == repository.root.resolve()
    return count


def test_command_runs_without_a_daemon_that_is_too_slow(repository: Repository) -> None:
    run = repository.pants("roots", RULES_TRANSFORMERS_DAEMON_SECONDS="0.05")
    assert (run.exit_code, run.stdout) == (0, ".\n"), run.stderr
    assert run.stderr.count("Pants' daemon is too slow (0.05 s waited at most; ") == 1
    assert "Traceback" not in run.stderr
    # Nor does it end the daemon of a later run when it is ready at last.
    assert _daemons(repository) == 0


def test_daemon_is_waited_for_beyond_pants_own_limit(repository: Repository) -> None:
    patient = repository.read(_START)
    assert "_STEP_SECONDS = 60.0" in patient
    repository.write({_START: patient.replace("_STEP_SECONDS = 60.0", "_STEP_SECONDS = 0.05")})
    run = repository.pants("roots")
    assert (run.exit_code, run.stdout) == (0, ".\n"), run.stderr
    assert "falling back" not in run.stderr
    assert _daemons(repository) == 1


def test_commands_that_start_at_once_share_a_daemon(repository: Repository) -> None:
    commands = [
        subprocess.Popen(
            ["./pants", "--no-dynamic-ui", "roots"],
            cwd=repository.root,
            env={**os.environ, "PWD": str(repository.root)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        for _ in range(3)
    ]
    for command in commands:
        stdout, stderr = command.communicate()
        assert (command.returncode, stdout) == (0, ".\n"), stderr
    assert _daemons(repository) == 1


def test_limit_that_is_no_number_is_refused(repository: Repository) -> None:
    run = repository.pants("roots", RULES_TRANSFORMERS_DAEMON_SECONDS="soon")
    assert run.exit_code == 2
    assert "error: RULES_TRANSFORMERS_DAEMON_SECONDS is 'soon', expected a positive" in run.stderr
    assert "\nhint: unset " in run.stderr
