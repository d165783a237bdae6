"""The guide for repositories without Pants, command by command, with the tools from the wheel.

The interpreter is a fresh virtual environment that sees this test's own packages, as a library's
environment has torch and transformers.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from docs.commands.page import Commands, WrittenFile, run_by

_ROOT = Path.cwd()
_PAGE = _ROOT / "docs" / "without-pants.md"
_THIS = "docs/commands/without_pants_test.py"


@pytest.fixture
def library(tmp_path: Path) -> Path:
    directory = tmp_path / "my library"
    shutil.copytree(_ROOT / "docs/examples/library", directory)
    (wheel,) = _ROOT.glob("rules_transformers-*.whl")
    (directory / "wheels").mkdir()
    shutil.copy(wheel, directory / "wheels")
    return directory


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Variables under which `python` and `pip` are those of the virtual environment."""
    base = getattr(sys, "_base_executable", sys.executable)
    venv = tmp_path / "venv"
    subprocess.run([base, "-m", "venv", venv], check=True)
    (packages,) = venv.glob("lib/python*/site-packages")
    # Less this repository's own sources: the tools are to come from the wheel.
    seen = [path for path in sys.path if "site-packages" in path]
    (packages / "seen.pth").write_text("\n".join(seen) + "\n")
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("PEX")},
        "PATH": f"{venv / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }


def test_every_command_of_the_page(library: Path, environment: dict[str, str]) -> None:
    # One shell, as for a reader: a variable that one block sets holds for the next ones.
    script = ["set -eux"]
    for block in run_by(_PAGE, _ROOT, _THIS):
        if isinstance(block, WrittenFile):
            (library / block.path).write_text(block.content)
        elif isinstance(block, Commands):
            script += block.lines
    run = subprocess.run(
        ["bash", "-c", "\n".join(script)],
        cwd=library,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "acme/models/newt/modeling_newt.py" in run.stdout + run.stderr
    assert "is intact" in run.stdout
    assert (library / "report/index.html").is_file()
    assert (library / "baselines").is_dir()
    assert "byte for byte" in run.stdout + run.stderr
    assert (library / "port/modular_eft.py").is_file()
