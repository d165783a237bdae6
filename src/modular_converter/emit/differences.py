"""What is on disk at the paths of generated files, and how it differs from their fresh texts."""

from __future__ import annotations

import difflib
import os

from toolkit.errors import InputError
from toolkit.input_file import LARGEST_TEXT, read_bytes


def current_text(path: str) -> str | None:
    """The text of a file as it is on disk; None when there is none that can be read as text.

    Raises EnvironmentLack.
    """
    try:
        return read_bytes(path, most=LARGEST_TEXT).decode("utf-8")
    except (InputError, UnicodeDecodeError):
        return None


def first_difference(old: str, new: str) -> int:
    """The line of ``old``, counting from 1, where two different texts part."""
    common = os.path.commonprefix([old, new])
    return min(common.count("\n") + 1, max(1, len(old.splitlines())))


def unified_diff(label: str, old: str, new: str) -> str:
    """The difference from the file on disk to the fresh text."""
    lines = difflib.unified_diff(
        old.splitlines(keepends=True),
        new.splitlines(keepends=True),
        f"{label} (on disk)",
        f"{label} (generated)",
    )
    return "".join(line if line.endswith("\n") else line + "\n" for line in lines)
