"""The frame of a tool's command line: its commands, and an exit code for whatever ends one."""

from __future__ import annotations

import argparse
import importlib
import io
import os
import signal
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from toolkit import receipt
from toolkit.errors import EnvironmentLack, ToolError
from toolkit.os_errors import lack_of

# As shells report a program that a signal ended.
INTERRUPTED = 128 + signal.SIGINT
READER_LEFT = 128 + signal.SIGPIPE

_HINT = "check free space, permissions and limits of this machine"


class Command(Protocol):
    """A module that implements the command of its name.

    Importing it is quick: its functions import what only they need. It may also have

    * ``EXIT_CODES``: what its exit codes mean, where they differ from those of the tool;
    * ``usage_error(options)``: what is wrong with a combination of options, or an empty string.
    """

    HELP: str
    DESCRIPTION: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Adds the arguments."""

    def run(self, options: argparse.Namespace) -> int:
        """Runs the command; returns the exit code. Raises ToolError."""


@dataclass(frozen=True)
class CommandLine:
    """The command line of a tool.

    :param tool: the tool's top-level package; the commands are modules of its folder ``cli``.
    :param description: what the tool does, a sentence.
    :param commands: the names, in the order of the help.
    :param exit_codes: what the exit codes of most commands mean.
    """

    tool: str
    description: str
    commands: tuple[str, ...]
    exit_codes: str = (
        "Exit codes: 0 done, 1 the answer is no, 2 wrong input, 3 something is missing."
    )

    def parser(self, names: Iterable[str] = ()) -> argparse.ArgumentParser:
        """The argument parser of the commands ``names``, by default of all."""
        top = argparse.ArgumentParser(
            prog=self.tool, description=self.description, epilog=self.exit_codes
        )
        subparsers = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
        for name in tuple(names) or self.commands:
            command = self._command(name)
            parser = subparsers.add_parser(
                name,
                help=command.HELP,
                description=command.DESCRIPTION,
                epilog=getattr(command, "EXIT_CODES", self.exit_codes),
            )
            command.add_arguments(parser)
        return top

    def main(
        self, arguments: Sequence[str] | None = None, preset: argparse.Namespace | None = None
    ) -> int:
        """Runs a command; returns the exit code.

        :param arguments: what follows the tool's name; default: the arguments of this process.
        :param preset: options that do not come from the arguments.
        """
        arguments = sys.argv[1:] if arguments is None else arguments
        for stream in (sys.stdout, sys.stderr):
            # Sources and names of files hold what a terminal's encoding may lack.
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")
        try:
            return self._run(arguments, preset)
        except ToolError as problem:
            print(problem.render(), file=sys.stderr)
            return problem.exit_code
        except KeyboardInterrupt:
            return INTERRUPTED
        except BrokenPipeError:
            _drop_unwritten()
            return READER_LEFT
        except (MemoryError, OSError, ModuleNotFoundError) as problem:
            lack = self._lack(problem)
            if lack is None:
                raise
            _drop_unwritten()
            print(lack.render(), file=sys.stderr)
            return lack.exit_code

    def _run(self, arguments: Sequence[str], preset: argparse.Namespace | None) -> int:
        # A sandbox may hold only the folders of the command that it runs.
        top = self.parser(name for name in arguments[:1] if name in self.commands)
        options = top.parse_args(arguments, preset)
        command = self._command(options.command)
        usage_error = getattr(command, "usage_error", None)
        if usage_error is not None and (problem := usage_error(options)):
            top.error(problem)
        exit_code = command.run(options)
        receipt.write_ordered()
        sys.stdout.flush()
        return int(exit_code)

    def _command(self, name: str) -> Command:
        command: Command = importlib.import_module(f"{self.tool}.cli.{name}")
        return command

    def _lack(self, problem: MemoryError | OSError | ModuleNotFoundError) -> EnvironmentLack | None:
        """What the machine or the environment lacks; None if the problem is the tool's own."""
        if isinstance(problem, (MemoryError, OSError)):
            lack = lack_of(problem)
            # Libraries raise OSError without a number for reasons of their own.
            if lack is None and getattr(problem, "errno", None) is not None:
                lack = EnvironmentLack(str(problem), hint=_HINT)
            return lack
        package = (problem.name or "").partition(".")[0]
        if package in ("", self.tool, "toolkit", *sys.stdlib_module_names):
            return None
        return EnvironmentLack(f"{package} is not installed", hint=f"pip install {package}")


def _drop_unwritten() -> None:
    """Drops what a full disk or a reader that left did not take; Python's end would fail of it."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
