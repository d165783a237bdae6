"""What the exit code of a tool means."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit code of each command of each tool."""

    DONE = 0
    # The question was answered, and the answer is no: stale files, a slower model, a failed check.
    ANSWER_IS_NO = 1
    WRONG_INPUT = 2
    # A package, a device, a right or space on the disk is missing.
    ENVIRONMENT_LACKS = 3
    UNDECIDED = 4
