"""Errors of the operating system for the person who has to fix them."""

from __future__ import annotations

import errno
import re

from toolkit.errors import EnvironmentLack, InputError, ToolError

# What the machine is to blame for, and what to do about it.
HINTS = {
    errno.ENOSPC: "free space on the disk, or write to another one",
    errno.EDQUOT: "free space below your quota, or write to another disk",
    errno.EFBIG: "raise the limit of the size of files (`ulimit -f`), or write to another disk",
    errno.EIO: "check the disk",
    errno.EMFILE: "raise the limit of open files (`ulimit -n`)",
    errno.ENFILE: "raise the system's limit of open files",
    errno.ENOMEM: "free memory, or do less at once",
    errno.EAGAIN: "raise the limit of processes (`ulimit -u`), or do less at once",
}

_OF_THE_INPUT = {errno.ENAMETOOLONG: "shorten the name"}
# As libraries written in Rust report an error of the system.
_NUMBER = re.compile(r"\(os error (\d+)\)")


def raise_lack(problem: BaseException) -> None:
    """Raises EnvironmentLack if the machine is the cause of whatever a library raised.

    Else it returns, and the problem is the input's or the library's own.
    """
    lack = lack_of(problem)
    if lack is not None:
        raise lack from None


def lack_of(problem: BaseException) -> EnvironmentLack | None:
    """What the machine lacks, if that is the cause of whatever a library raised."""
    if isinstance(problem, MemoryError):
        return EnvironmentLack("out of memory", hint=HINTS[errno.ENOMEM])
    if isinstance(problem, OSError):
        number = problem.errno or 0
    else:
        match = _NUMBER.search(str(problem))
        number = int(match[1]) if match else 0
    if number in HINTS:
        return EnvironmentLack(" ".join(str(problem).split()), hint=HINTS[number])
    return None


def located(problem: OSError | ValueError, message: str, *, place: str, hint: str) -> ToolError:
    """The error for a call that failed: an EnvironmentLack if the machine is the cause.

    Otherwise it is an InputError with ``hint``, or with a better one for the system's reason, which
    follows ``message``. A ValueError is what Python raises for a path that no system has.
    """
    number = (problem.errno if isinstance(problem, OSError) else None) or 0
    reason = problem.strerror if isinstance(problem, OSError) else str(problem)
    text = f"{message}: {reason or problem}"
    if number in HINTS:
        return EnvironmentLack(text, place=place, hint=HINTS[number])
    return InputError(text, place=place, hint=_OF_THE_INPUT.get(number, hint))
