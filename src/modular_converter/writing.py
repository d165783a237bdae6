"""Writing generated files: all or nothing per file, and only what changed."""

from __future__ import annotations

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
    """The text of a file as it is on disk; None when there is none or it is not text."""
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return file.read()
    except (FileNotFoundError, NotADirectoryError, UnicodeDecodeError, IsADirectoryError):
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
            try:
                os.unlink(sibling)
            except OSError:
                pass


def _write_sibling(path: str, text: str) -> str:
    directory = os.path.dirname(path)
    os.makedirs(directory, exist_ok=True)
    try:
        mode = stat.S_IMODE(os.stat(path).st_mode)
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        mode = 0o666 & ~mask
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


def first_difference(old: str, new: str) -> int:
    """The line of ``old``, counting from 1, where two different texts part."""
    common = os.path.commonprefix([old, new])
    return min(common.count("\n") + 1, max(1, len(old.splitlines())))


def unified_diff(label: str, old: str | None, new: str) -> str:
    """The difference from the file on disk to the fresh text."""
    lines = difflib.unified_diff(
        (old or "").splitlines(keepends=True),
        new.splitlines(keepends=True),
        f"{label} (on disk)" if old is not None else "/dev/null",
        f"{label} (generated)",
    )
    return "".join(line if line.endswith("\n") else line + "\n" for line in lines)
