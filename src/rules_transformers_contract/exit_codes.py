"""What the exit code of a tool means."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit codes of all tools, and of the goals that run them.

    DONE is success; ANSWER_IS_NO a check that failed, such as a slower benchmark; WRONG_INPUT a
    fault in what the user wrote; ENVIRONMENT_LACKS something missing on the machine; UNDECIDED a
    question that the input cannot answer.
    """

    DONE = 0
    ANSWER_IS_NO = 1
    WRONG_INPUT = 2
    ENVIRONMENT_LACKS = 3
    UNDECIDED = 4
