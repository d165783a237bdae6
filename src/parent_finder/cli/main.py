"""The command line: each command is a module of this folder, imported when it is needed."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import Any, Protocol, cast

from toolkit.errors import ToolError
from toolkit.exit_codes import ExitCode

COMMANDS = ("rank", "evaluate", "modularize", "copies", "index")


class Command(Protocol):
    """A module of this folder. Importing it is quick: `run` imports what only it needs."""

    def add_parser(self, commands: Any) -> argparse.ArgumentParser:
        """Adds the command to the subparsers ``commands``; returns its parser."""

    def run(self, options: argparse.Namespace) -> int:
        """Runs the command; returns the exit code. Raises ToolError."""


def parser(names: Iterable[str] = COMMANDS) -> argparse.ArgumentParser:
    """The argument parser of some commands, by default of all."""
    top = argparse.ArgumentParser(
        prog="parent_finder",
        description="Names the models that a new model should inherit from.",
        epilog="Exit codes: 0 done, 1 the answer is no (nothing similar, not proven, copies "
        "found), 2 wrong input, 3 something is missing.",
    )
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name in names:
        command = cast(Command, import_module(f"parent_finder.cli.{name}"))
        command.add_parser(commands).set_defaults(run=command.run)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; returns the exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    # A sandbox holds the modules of its own command only.
    named = arguments[0] if arguments else ""
    options = parser([named] if named in COMMANDS else COMMANDS).parse_args(arguments)
    try:
        return int(options.run(options))
    except ToolError as problem:
        print(problem.render(), file=sys.stderr)
        return problem.exit_code
    except ModuleNotFoundError as problem:
        if (problem.name or "").partition(".")[0] not in ("numpy", "scipy", "ruff"):
            raise
        print(
            f"error: {problem.name} is not installed\nhint: pip install {problem.name}",
            file=sys.stderr,
        )
        return ExitCode.ENVIRONMENT_LACKS
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader has gone: what is still buffered has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.DONE
