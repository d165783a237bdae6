from __future__ import annotations

import io
import re

from toolkit.progress import Progress


class Terminal(io.StringIO):
    """A terminal that can be read."""

    def isatty(self) -> bool:
        return True

    def lines(self) -> list[str]:
        """What was visible, one after another; empty for a line that was removed."""
        return self.getvalue().split("\r\x1b[K")[1:]


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_short_work_shows_nothing():
    terminal, clock = Terminal(), Clock()
    with Progress("converting", "models", terminal, clock) as progress:
        clock.now += 1.9
        progress(3, 3)
    assert terminal.getvalue() == ""


def test_long_work_shows_what_and_how_many_and_leaves_nothing_behind():
    terminal, clock = Terminal(), Clock()
    with Progress("converting", "models", terminal, clock) as progress:
        clock.now += 2
        progress(120, 326)
        clock.now += 1
        progress(150, 326)
    assert terminal.lines() == [
        "converting: 120 of 326 models",
        "converting: 150 of 326 models",
        "",
    ]


def test_line_changes_no_faster_than_it_can_be_read():
    terminal, clock = Terminal(), Clock()
    with Progress("reading", "files", terminal, clock) as progress:
        for done in range(10_000):
            clock.now += 0.001
            progress(done, 10_000)
    assert len(terminal.lines()) == 1 + 8 * 4
    assert all(re.fullmatch(r"reading: \d+ of 10000 files|", line) for line in terminal.lines())


def test_line_is_removed_if_the_work_fails():
    terminal, clock = Terminal(), Clock()
    try:
        with Progress("converting", "models", terminal, clock) as progress:
            clock.now += 3
            progress(1, 2)
            raise KeyError
    except KeyError:
        pass
    assert terminal.lines()[-1] == ""


def test_line_gives_way_to_other_output():
    terminal, clock = Terminal(), Clock()
    progress = Progress("measuring", "processes", terminal, clock)
    clock.now += 3
    progress(1, 5)
    progress.clear()
    progress.clear()
    assert terminal.lines() == ["measuring: 1 of 5 processes", ""]


def test_logs_have_none():
    log, clock = io.StringIO(), Clock()
    with Progress("converting", "models", log, clock) as progress:
        clock.now += 60
        progress(1, 2)
    assert log.getvalue() == ""
