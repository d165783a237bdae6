"""The command line: one module for each command, which is imported when the command is named."""

from __future__ import annotations

import argparse
import errno
import gc
import importlib
import io
import sys
from collections.abc import Iterable, Sequence
from typing import Protocol

_HINT = "check free space, permissions and limits of this machine"
_HINTS = {
    errno.EMFILE: "raise the limit of open files (`ulimit -n`)",
    errno.ENOSPC: "free space on the disk",
}
COMMANDS = ("convert", "graph", "codes", "explain", "outline", "conformance")


class Command(Protocol):
    """A module of this folder that implements the command of its name."""

    HELP: str

    def add_parser(self, command: argparse.ArgumentParser) -> None:
        """Adds description and arguments."""

    def run(self, options: argparse.Namespace) -> int:
        """Runs the command; returns the exit code."""


def _command(name: str) -> Command:
    command: Command = importlib.import_module(f"modular_converter.cli.{name}")
    return command


def parser(names: Iterable[str] = COMMANDS) -> argparse.ArgumentParser:
    """The argument parser of these commands."""
    top = argparse.ArgumentParser(
        prog="modular_converter",
        description="Turns modular_<model>.py files into the standalone files beside them.",
        epilog="Exit codes: 0 done, 1 stale (a file, or the line to explain), 2 wrong input, "
        "3 something is missing.",
    )
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name in names:
        command = _command(name)
        command.add_parser(commands.add_parser(name, help=command.HELP))
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; returns the exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    # A sandbox may hold only the folders of the command that it runs.
    named = [name for name in arguments[:1] if name in COMMANDS]
    top = parser(named or COMMANDS)
    options = top.parse_args(arguments)
    command = _command(options.command)
    usage_error = getattr(command, "usage_error", None)
    if usage_error is not None and (problem := usage_error(options)):
        top.error(problem)
    # Generated files and names of files hold what a terminal's encoding may lack.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    # Syntax trees hold no reference cycles; looking for some doubles the cost of parsing.
    gc.disable()
    return _guarded(command, options)


def _guarded(command: Command, options: argparse.Namespace) -> int:
    from toolkit.errors import ToolError
    from toolkit.exit_codes import ExitCode

    try:
        return command.run(options)
    except ToolError as problem:
        print(problem.render(), file=sys.stderr)
        return problem.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return ExitCode.DONE
    except OSError as problem:
        # Of the machine: too many open files, a full disk, no memory for another process.
        print(f"error: {problem}\nhint: {_HINTS.get(problem.errno or 0, _HINT)}", file=sys.stderr)
        return ExitCode.ENVIRONMENT_LACKS
