"""Reads a page: its blocks of commands, and the files that a reader is told to write.

A comment before a block says what becomes of it, and of the blocks after it up to the next such
comment:

    <!-- run by PATH -->            the test file PATH runs the block as it stands
    <!-- like PATH::TEST -->        TEST runs the same commands in another setting
    <!-- not run: REASON -->        no test does, for that reason

and one that holds for its block alone:

    <!-- file: PATH -->             the block is the content of a file
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_PART = re.compile(
    r"^<!-- (?P<marker>(?:run by|like|not run:|file:) .*?) -->$"
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
    """A file that the reader is told to write."""

    path: str
    content: str


def blocks(page: Path, root: Path) -> list[Commands | WrittenFile]:
    """What a page has its reader do, in order. Other blocks are left out."""
    text = page.read_text(encoding="utf-8")
    found: list[Commands | WrittenFile] = []
    marker, path = "", ""
    for part in _PART.finditer(text):
        if part["marker"] is not None:
            if part["marker"].startswith("file: "):
                path = part["marker"].removeprefix("file: ")
            else:
                marker = part["marker"]
        elif path:
            found.append(WrittenFile(path, part["text"]))
            path = ""
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


def run_by(page: Path, root: Path, test: str) -> list[Commands | WrittenFile]:
    """What a test file has to do for a page: the blocks that it runs, and the files."""
    return [
        block
        for block in blocks(page, root)
        if isinstance(block, WrittenFile) or block.marker == f"run by {test}"
    ]
