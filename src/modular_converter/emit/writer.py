"""Writing generated files: all or nothing per file, and only what changed."""

from __future__ import annotations

import contextlib
import difflib
import os
import stat
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class WriteFailure(Exception):
    """A file that could not be written."""

    path: str
    reason: str


def current_text(path: str) -> str | None:
    """The text of a file as it is on disk; None when there is none that can be read as text."""
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return file.read()
    except (OSError, UnicodeDecodeError):
        return None


def write_all(texts: Mapping[str, str]) -> None:
    """Writes files by absolute path, each through a sibling that then takes its place.

    All siblings are complete before the first file is replaced. Raises WriteFailure; every file
    is then either old or new.
    """
    waiting: dict[str, str] = {}
    try:
        for path, text in texts.items():
            try:
                waiting[path] = _write_sibling(path, text)
            except OSError as problem:
                raise WriteFailure(path, problem.strerror or str(problem)) from None
        for path in texts:
            try:
                os.replace(waiting[path], path)
            except OSError as problem:
                raise WriteFailure(path, problem.strerror or str(problem)) from None
            del waiting[path]
    finally:
        for sibling in waiting.values():
            with contextlib.suppress(OSError):
                os.unlink(sibling)


def _write_sibling(path: str, text: str) -> str:
    directory = os.path.dirname(path)
    os.makedirs(directory, exist_ok=True)
    mode = _mode(path)
    handle, sibling = tempfile.mkstemp(prefix=f".{os.path.basename(path)}.", dir=directory)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(sibling, mode)
    except BaseException:
        os.unlink(sibling)
        raise
    return sibling


def _mode(path: str) -> int:
    """The permissions of a file; for anything else at its place, those of a new file."""
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        mode = 0
    if stat.S_ISREG(mode):
        return stat.S_IMODE(mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


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
