"""Reads a page: its blocks of commands, and the files that a reader has to write.

A comment before a block says what becomes of it, and of the blocks after it up to the next such
comment:

    <!-- run by PATH -->            the test file PATH runs the block as it stands
    <!-- like PATH::TEST -->        TEST runs the same commands in another setting
    <!-- not run: REASON -->        no test does, for that reason

and one that holds for its block alone:

    <!-- file: PATH -->             the block is the content of a file
    <!-- prints -->                 the block has lines that the commands before it print, in
                                    order; `…` stands for any text
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Union

_PART = re.compile(
    r"^<!-- (?P<marker>(?:run by|like|not run:|file:) .*?|prints) -->$"
    r"|^```(?P<language>\S*)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_SHELLS = ("sh", "bash", "console", "shell")


@dataclass(frozen=True)
class Commands:
    """A block of shell commands.

    :param page: the path of the page.
    :param line: where the block begins in it, from 1.
    :param marker: what is said to become of it; empty if nothing is.
    """

    page: str
    line: int
    marker: str
    lines: tuple[str, ...]

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"


@dataclass(frozen=True)
class WrittenFile:
    """A file that the reader has to write."""

    path: str
    content: str


@dataclass(frozen=True)
class Printed:
    """Lines that the commands before it print, in order, perhaps with others between them."""

    lines: tuple[str, ...]

    def missing_in(self, output: str) -> str:
        """The first line that an output lacks; empty if it has all, in order."""
        begin = 0
        for line in self.lines:
            pattern = ".*?".join(map(re.escape, line.split("…")))
            match = re.compile(f"^{pattern}$", re.MULTILINE).search(output, begin)
            if match is None:
                return line
            begin = match.end()
        return ""


Block = Union[Commands, Printed, WrittenFile]


def blocks(page: Path, root: Path) -> list[Block]:
    """What a page has its reader do, and see, in order. Other blocks are left out."""
    text = page.read_text(encoding="utf-8")
    found: list[Block] = []
    marker, path, printed = "", "", False
    for part in _PART.finditer(text):
        if part["marker"] is not None:
            if part["marker"].startswith("file: "):
                path = part["marker"].removeprefix("file: ")
            elif part["marker"] == "prints":
                printed = True
            else:
                marker = part["marker"]
        elif path:
            found.append(WrittenFile(path, part["text"]))
            path = ""
        elif printed:
            found.append(Printed(tuple(part["text"].splitlines())))
            printed = False
        else:
            lines = commands(part["language"], part["text"])
            if lines:
                line = text.count("\n", 0, part.start()) + 1
                where = page.relative_to(root).as_posix()
                found.append(Commands(where, line, marker, lines))
    return found


def commands(language: str, text: str) -> tuple[str, ...]:
    """The commands in a block, each in one line; of a transcript, what follows a `$`."""
    lines = [line.strip() for line in re.sub(r"\\\n\s*", "", text).splitlines()]
    if language in _SHELLS:
        return tuple(line for line in lines if line and not line.startswith("#"))
    if language in ("", "text"):
        return tuple(line[2:] for line in lines if line.startswith("$ "))
    return ()


def run_by(page: Path, root: Path, test: str) -> list[Block]:
    """What a test file has to do and to compare for a page."""
    return [
        block
        for block in blocks(page, root)
        if not isinstance(block, Commands) or block.marker == f"run by {test}"
    ]
