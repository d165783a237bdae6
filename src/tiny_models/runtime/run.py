"""Runs a command for which fixtures are loadable by their names."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from tiny_models.runtime.activation import activate
from toolkit.errors import InputError


def run_command(directories: Sequence[str], command: Sequence[str]) -> int:
    """Replaces this process by ``command``, in an environment that has the fixtures.

    `python` in it is the interpreter of this process. Raises InputError where a directory holds
    no fixture or the command cannot be started; does not return otherwise.
    """
    fixtures = activate(directories)
    environment = dict(os.environ)
    environment["PATH"] = os.pathsep.join(
        [str(Path(sys.executable).parent), environment.get("PATH", os.defpath)]
    )
    names = ", ".join(fixture.name for fixture in fixtures)
    print(f"tiny fixtures: {names}", file=sys.stderr, flush=True)
    try:
        os.execvpe(command[0], list(command), environment)
    except OSError as error:
        raise InputError(
            f"{command[0]} cannot be run: {error.strerror}",
            hint="the command after `--` must be on PATH",
        ) from error
