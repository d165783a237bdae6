"""The command line: each command is a module of this folder, imported when it is needed."""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.command_line import CommandLine

COMMAND_LINE = CommandLine(
    tool="parent_finder",
    description="Names the models that a new model should inherit from.",
    commands=("rank", "evaluate", "modularize", "copies", "index"),
    exit_codes="Exit codes: 0 done, 1 the answer is no (nothing similar, not proven, copies "
    "found), 2 wrong input, 3 something is missing.",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; returns the exit code."""
    return COMMAND_LINE.main(arguments)
