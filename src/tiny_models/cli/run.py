"""The command `run`."""

from __future__ import annotations

import argparse
from pathlib import Path

from tiny_models.cli.options import add_modules
from toolkit.exit_codes import ExitCode

HELP = "run a command for which fixtures are loadable by their names"
DESCRIPTION = (
    "Runs COMMAND with the fixtures in an offline hub cache, and `python` as the interpreter of "
    "this tool. Without a command, verifies the fixtures."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument("directories", metavar="DIR", nargs="+", help="directory of a fixture")
    add_modules(parser)


def run(options: argparse.Namespace) -> int:
    """Runs the command after `--`; returns its exit code."""
    from tiny_models.cli.verify import print_verified, verified
    from tiny_models.fixture.locate import find_fixtures
    from tiny_models.runtime.run import run_command

    if options.program:
        return run_command(options.directories, options.program, options.modules)
    for fixture in find_fixtures(map(Path, options.directories)):
        directory = str(fixture.directory)
        manifest, _ = verified(directory, False, options.modules)
        print_verified(directory, manifest, False)
    return ExitCode.DONE
