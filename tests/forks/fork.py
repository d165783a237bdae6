"""Runs a command in a fork of this process, under limits, until its end or until it is killed.

What it imports is imported before the fork, so that most of its time is the command's own.
"""

from __future__ import annotations

import os
import resource
import selectors
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

# Exit codes of a run that raised an exception, and of one that did not end in time.
UNEXPECTED = 70
TIMED_OUT = 124

Main = Callable[[Sequence[str]], int]
# Names and values of `resource.setrlimit`.
Limits = Sequence[tuple[int, int]]


@dataclass(frozen=True)
class Ended:
    """How a run ended: the exit code, or -N for signal N, and what it printed."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def output(self) -> str:
        """All that it printed."""
        return self.stdout + self.stderr


class Fork:
    """A running command, with a process group of its own."""

    def __init__(
        self, main: Main, arguments: Sequence[str], directory: Path, limits: Limits = ()
    ) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        pipes = [os.pipe(), os.pipe()]
        self._reading = [reading for reading, _ in pipes]
        writing = [writing for _, writing in pipes]
        self._started = time.monotonic()
        self._process = os.fork()
        if self._process == 0:
            _become(main, arguments, directory, limits, writing)
        # Both do it: neither knows which comes first.
        with suppress(OSError):
            os.setpgid(self._process, self._process)
        for descriptor in writing:
            os.close(descriptor)

    def kill_after(self, seconds: float) -> Ended:
        """Kills the group when the command has run for so long, unless it has ended by then."""
        time.sleep(max(0.0, self._started + seconds - time.monotonic()))
        # One that has ended is there until it is waited for.
        os.killpg(self._process, signal.SIGKILL)
        return self.wait(60)

    def wait(self, seconds: float) -> Ended:
        """Waits until the command has run for so long, and kills it then."""
        printed: dict[int, bytes] = dict.fromkeys(self._reading, b"")
        exit_code = None
        with selectors.DefaultSelector() as selector:
            for descriptor in self._reading:
                selector.register(descriptor, selectors.EVENT_READ)
            while selector.get_map():
                left = self._started + seconds - time.monotonic()
                ready = selector.select(max(0.0, left))
                if not ready and exit_code is None:
                    exit_code = TIMED_OUT
                    os.killpg(self._process, signal.SIGKILL)
                    seconds += 60
                for key, _ in ready:
                    chunk = os.read(key.fd, 1 << 16)
                    printed[key.fd] += chunk
                    if not chunk:
                        selector.unregister(key.fd)
                        os.close(key.fd)
        _, status = os.waitpid(self._process, 0)
        if exit_code is None:
            exit_code = os.waitstatus_to_exitcode(status)
        stdout, stderr = (text.decode("utf-8", "replace") for text in printed.values())
        return Ended(exit_code, stdout, stderr)


def _become(
    main: Main, arguments: Sequence[str], directory: Path, limits: Limits, writing: Sequence[int]
) -> None:
    code = UNEXPECTED
    try:
        os.setpgid(0, 0)
        # Under a limit, Python may leave half of what it compiles for its next start.
        sys.dont_write_bytecode = True
        os.chdir(directory)
        for number, descriptor in zip((1, 2), writing, strict=True):
            os.dup2(descriptor, number)
            os.close(descriptor)
        sys.stdout, sys.stderr = (os.fdopen(number, "w", closefd=False) for number in (1, 2))
        for name, value in limits:
            resource.setrlimit(name, (value, resource.getrlimit(name)[1]))
        code = main(arguments)
    except SystemExit as stopped:
        code = stopped.code if isinstance(stopped.code, int) else UNEXPECTED
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
