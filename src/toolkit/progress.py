"""How far long work is, for who watches a terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import TextIO

# What is done sooner needs no word; what changes more often cannot be read.
_FIRST_AFTER_SECONDS = 2.0
_NEXT_AFTER_SECONDS = 0.25
_CLEAR_LINE = "\r\x1b[K"


class Progress:
    """A line on stderr, ``converting: 120 of 326 models``, while the context lasts.

    The line appears after two seconds, follows the work, and is removed at the end. It is written
    to terminals only: logs, and processes under Pants, have nothing of it.

    :param action: what is done, as ``converting``.
    :param things: what is counted, as ``models``.
    :param stream: in place of stderr.
    :param clock: seconds, in place of the monotonic clock's.
    """

    def __init__(
        self,
        action: str,
        things: str,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._action = action
        self._things = things
        self._stream = sys.stderr if stream is None else stream
        self._clock = clock
        self._next = clock() + _FIRST_AFTER_SECONDS
        self._is_visible = False

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.clear()

    def __call__(self, done: int, total: int) -> None:
        """Says that ``done`` of ``total`` things are done."""
        if self._clock() < self._next or not self._stream.isatty():
            return
        line = f"{self._action}: {done} of {total} {self._things}"
        self._write(f"{_CLEAR_LINE}{line}")
        self._is_visible = True
        self._next = self._clock() + _NEXT_AFTER_SECONDS

    def clear(self) -> None:
        """Removes the line, for something else to be printed in its place."""
        if self._is_visible:
            self._write(_CLEAR_LINE)
            self._is_visible = False

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
