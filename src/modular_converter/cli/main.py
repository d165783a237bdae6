"""The command line: each command is a module of this folder, imported when it is needed."""

from __future__ import annotations

import gc
from collections.abc import Sequence

from toolkit.command_line import CommandLine

COMMAND_LINE = CommandLine(
    tool="modular_converter",
    description="Turns modular_<model>.py files into the standalone files beside them.",
    commands=("convert", "group", "graph", "codes", "explain", "outline", "conformance"),
    exit_codes="Exit codes: 0 done, 1 stale (a file, or the line to explain), 2 wrong input, "
    "3 something is missing.",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; returns the exit code."""
    # Syntax trees hold no reference cycles; looking for some doubles the cost of parsing.
    gc.disable()
    return COMMAND_LINE.main(arguments)
