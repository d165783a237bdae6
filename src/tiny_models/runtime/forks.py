"""Runs functions in copies of this process, which has imported what they share."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

# The status of a Python program that ends with an exception.
_EXCEPTION = 1


@dataclass(frozen=True)
class Ended:
    """How a function ended: its exit code, negative for a signal, and what it wrote on stderr."""

    exit_code: int
    messages: str


def run_in_fork(action: Callable[[], int], directory: Path, log: Path) -> Ended:
    """Runs ``action`` in a fork whose working directory is ``directory``.

    Modules of the working directory are those of ``directory`` there. Whatever it changes or
    imports, and however it ends, leaves this process alone. ``log`` is a file to write.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    process = os.fork()
    if process == 0:
        _end_as(action, directory, log)
    _, status = os.waitpid(process, 0)
    return Ended(
        os.waitstatus_to_exitcode(status), log.read_text(encoding="utf-8", errors="replace")
    )


def _end_as(action: Callable[[], int], directory: Path, log: Path) -> None:
    """Ends this process with what ``action`` returns."""
    exit_code = _EXCEPTION
    try:
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(descriptor, sys.stderr.fileno())
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        before = os.getcwd()
        sys.path[:] = [
            os.path.abspath(directory) if path in ("", before) else os.path.abspath(path)
            for path in sys.path
        ]
        os.chdir(directory)
        exit_code = action()
    except BaseException:  # noqa: BLE001 - a forked process must not return into its parent's code
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(exit_code)
