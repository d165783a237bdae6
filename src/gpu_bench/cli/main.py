"""The command line: each command is a module of this folder, imported when it is needed."""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.command_line import CommandLine

COMMAND_LINE = CommandLine(
    tool="gpu_bench",
    description="Measures models on an accelerator and judges the figures.",
    commands=("run", "ab", "fingerprint", "peaks", "compare", "baseline", "report", "export"),
    exit_codes="Exit codes: 0 done, 1 the answer is no, 2 wrong input, 3 something is missing, "
    "4 undecided.",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; returns the exit code."""
    return COMMAND_LINE.main(arguments)
