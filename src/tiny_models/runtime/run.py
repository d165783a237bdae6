"""Runs a command for which fixtures are loadable by their names."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from tiny_models.fixture.locate import LocatedFixture
from tiny_models.runtime.activation import activate
from tiny_models.runtime.model_classes import environment_for
from toolkit.errors import InputError


def run_command(
    directories: Sequence[str], command: Sequence[str], modules: Sequence[str] = ()
) -> int:
    """Replaces this process by ``command``, in an environment that has the fixtures.

    `python` in it is the interpreter of this process. ``modules`` have the classes of fixtures of
    generated code, which the Auto classes of Python programs know. Raises InputError if a
    directory holds no fixture or the command cannot be started; does not return otherwise.
    """
    fixtures = activate(directories)
    environment = dict(os.environ)
    environment["PATH"] = os.pathsep.join(
        [str(Path(sys.executable).parent), environment.get("PATH", os.defpath)]
    )
    environment.update(environment_for(_classes(fixtures, modules)))
    names = ", ".join(fixture.name for fixture in fixtures)
    print(f"tiny fixtures: {names}", file=sys.stderr, flush=True)
    try:
        os.execvpe(*_program(command, environment["PATH"]), environment)
    except OSError as error:
        raise InputError(
            f"{command[0]} cannot be run: {error.strerror}",
            hint="the command after `--` must be on PATH",
        ) from error


def _classes(fixtures: Sequence[LocatedFixture], modules: Sequence[str]) -> list[tuple[str, str]]:
    """The module and name of each class that is in one of ``modules``, by what these define."""
    return [
        (module, fixture.architecture)
        for fixture in fixtures
        for module in modules
        if _defines(module, fixture.architecture)
    ]


def _defines(module: str, class_name: str) -> bool:
    """Whether the text of a module has a class, without importing what it imports."""
    path = os.path.join(*module.split(".")) + ".py"
    for root in sys.path:
        source = Path(root, path)
        if source.is_file():
            lines = source.read_text(encoding="utf-8").splitlines()
            return any(line.startswith(f"class {class_name}(") for line in lines)
    return False


def _program(command: Sequence[str], path: str) -> tuple[str, list[str]]:
    """What to execute, and its arguments.

    The scripts of an environment that pex made ignore PYTHONPATH, by an option in their first line,
    so that they are given to the interpreter.
    """
    executable = shutil.which(command[0], path=path)
    if executable is not None and Path(executable).parent == Path(sys.executable).parent:
        with open(executable, "rb") as file:
            first = file.readline(1024)
        if first.startswith(b"#!") and b"python" in first:
            return sys.executable, [sys.executable, executable, *command[1:]]
    return command[0], list(command)
