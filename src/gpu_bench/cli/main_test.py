"""What a command needs of the tool: a sandbox holds its parts, and nothing else."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gpu_bench.cli.main import COMMAND_LINE
from gpu_bench.conftest import tiny
from gpu_bench.results.measurement import Measurement
from gpu_bench.testing.run_factory import MadeUp, write_run

TOOL = Path(__file__).parents[1]
MEASURING = ("core", "request", "device", "models", "measure")
JUDGING = ("core", "results", "judge")
PARTS = {
    "run": MEASURING,
    "fingerprint": MEASURING,
    "peaks": MEASURING,
    "ab": (*MEASURING, *JUDGING),
    "compare": JUDGING,
    "baseline": JUDGING,
    "report": (*JUDGING, "report"),
    "export": (*JUDGING, "report"),
}
SHARED_PACKAGES = ("toolkit", "rules_transformers_contract")
# What commands share, by the commands that import it.
SHARED = {
    "options.py": ("ab", "baseline", "compare", "report", "export"),
    "reporting.py": ("report", "export"),
}


@pytest.fixture
def start(tmp_path: Path) -> Any:
    """Runs a command in a copy of the tool that has only the command's parts."""

    def run(command: Any, *arguments: Any, exit_codes: Any = (0,)) -> Any:
        copy = tmp_path / "copy" / "gpu_bench"
        (copy / "cli").mkdir(parents=True)
        shared = [name for name, users in SHARED.items() if command in users]
        for name in ("__init__.py", "__main__.py"):
            shutil.copy(TOOL / name, copy)
        for name in ("__init__.py", "main.py", f"{command}.py", *shared):
            shutil.copy(TOOL / "cli" / name, copy / "cli")
        ignored = shutil.ignore_patterns("*_test.py", "__pycache__")
        for package in SHARED_PACKAGES:
            shutil.copytree(TOOL.parent / package, copy.parent / package, ignore=ignored)
        for part in sorted(set(PARTS[command])):
            shutil.copytree(TOOL / part, copy / part, ignore=ignored)
        others = [
            directory for directory in sys.path if directory and Path(directory) != TOOL.parent
        ]
        done = subprocess.run(
            [sys.executable, "-m", "gpu_bench", command, *map(str, arguments)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(copy.parent), *others])},
            # Without the sources, which `-m` would find in the working directory.
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode in exit_codes, done.stderr
        return done.stdout

    return run


def test_all_commands_are_known() -> None:
    assert set(PARTS) == set(COMMAND_LINE.commands)
    usage = COMMAND_LINE.parser().format_help()
    assert all(f"    {name}" in usage for name in COMMAND_LINE.commands)


def test_run_needs_only_what_measures(
    start: Any, write_request: Callable[[Any], str], tmp_path: Path
) -> None:
    start("run", write_request(tiny()), f"--output={tmp_path / 'out'}")
    assert json.loads((tmp_path / "out/result.json").read_text())["status"] == "complete"


def test_fingerprint_needs_only_what_measures(start: Any) -> None:
    assert "digest" in json.loads(start("fingerprint", "--device=cpu"))


def test_ab_needs_what_measures_and_what_judges(
    start: Any, write_request: Callable[[Any], str], tmp_path: Path
) -> None:
    roots = ("--base-root=.", "--new-root=.")
    # The times of so few samples may decide nothing.
    start(
        "ab",
        write_request(tiny(processes=2)),
        *roots,
        f"--output={tmp_path / 'out'}",
        "--max-regression=99%",
        exit_codes=(0, 4),
    )
    assert (tmp_path / "out/verdict.json").exists()


@pytest.mark.parametrize("command", ["compare", "baseline"])
def test_a_verdict_needs_only_what_judges(
    command: Any,
    start: Any,
    measure: Callable[..., Measurement],
    write: Callable[..., Path],
    tmp_path: Path,
) -> None:
    base, new = write("base.json", measure(1)), write("new.json", measure(2))
    if command == "compare":
        start(command, base, new, f"--junit-xml={tmp_path / 'junit.xml'}")
    else:
        start(command, new, f"--output={tmp_path / 'baselines'}")


@pytest.mark.parametrize("command", ["report", "export"])
def test_a_report_needs_nothing_that_measures(command: Any, start: Any, tmp_path: Path) -> None:
    write_run(tmp_path / "runs", MadeUp(samples=3))
    start(command, tmp_path / "runs", f"--output={tmp_path / 'out'}")
