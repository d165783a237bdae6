"""The command line: one module for each command, which is imported when the command is named."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Iterable, Sequence
from typing import Protocol

from toolkit.errors import ToolError

COMMANDS = ("build", "verify", "run", "publish", "architectures", "companions", "coverage")
EXIT_CODES = "Exit codes: 0 done, 1 the answer is no, 2 wrong input, 3 something is missing."


class Command(Protocol):
    """A module of this folder that implements the command of its name.

    Importing it is quick: its functions import what only they need.
    """

    HELP: str
    DESCRIPTION: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Adds the arguments."""

    def run(self, options: argparse.Namespace) -> int:
        """Runs the command; returns the exit code. Raises ToolError."""


def _command(name: str) -> Command:
    command: Command = importlib.import_module(f"tiny_models.cli.{name}")
    return command


def parser(names: Iterable[str] = COMMANDS) -> argparse.ArgumentParser:
    """The argument parser of some commands, by default of all."""
    top = argparse.ArgumentParser(
        prog="tiny_models",
        description="Builds tiny, deterministic models for tests, offline.",
        epilog=EXIT_CODES,
    )
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name in names:
        command = _command(name)
        description = command.DESCRIPTION
        if "Exit code" not in description:
            description = f"{description} {EXIT_CODES}"
        command.add_arguments(commands.add_parser(name, help=command.HELP, description=description))
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; returns the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    program: list[str] = []
    if given[:1] == ["run"] and "--" in given:
        end = given.index("--")
        given, program = given[:end], given[end + 1 :]
    # A sandbox holds the modules of its own command only.
    named = [name for name in given[:1] if name in COMMANDS]
    options = parser(named or COMMANDS).parse_args(given)
    options.program = program
    if options.command == "publish":
        _keep_client_quiet()
    else:
        _be_offline()
    try:
        return _command(options.command).run(options)
    except ToolError as problem:
        print(problem.render(), file=sys.stderr)
        return problem.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 0


def _be_offline() -> None:
    """Nothing is fetched; kernels are the same on every processor of a kind.

    These variables count only before the first import of what reads them.
    """
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    # Wider vector instructions round some initial constants otherwise.
    os.environ.setdefault("ATEN_CPU_CAPABILITY", "default")


def _keep_client_quiet() -> None:
    """Settings of huggingface_hub, which count only before its first import."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    # Fixtures are small: plain uploads serve, and keep no cache of chunks in the home directory.
    os.environ.setdefault("HF_HUB_DISABLE_XET", "1")
