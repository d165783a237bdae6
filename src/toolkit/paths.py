"""Paths that stay where they belong."""

from __future__ import annotations

import os
from pathlib import PurePosixPath


def is_confined(path: str) -> bool:
    """Whether a relative path stays below what it is relative to, on every operating system.

    It has no empty part, no ``.`` or ``..``, and none of the characters that mean a drive, another
    separator or the end of a name somewhere.
    """
    if any(character in path for character in "\\:\0"):
        return False
    return all(part not in ("", ".", "..") for part in path.split("/"))


def stays_below(path: str) -> bool:
    """As ``is_confined``, but ``.`` parts are allowed: a path as people write it on a command line.

    ``sub/../file`` is refused although it stays, because a link at ``sub`` would make it leave.
    """
    parts = PurePosixPath(path.replace(os.sep, "/")).parts
    return not os.path.isabs(path) and ".." not in parts and "\0" not in path


def holds(directory: str | os.PathLike[str], path: str | os.PathLike[str]) -> bool:
    """Whether ``path``, with every link followed, is ``directory`` or lies below it."""
    real_directory, real_path = os.path.realpath(directory), os.path.realpath(path)
    try:
        return os.path.commonpath([real_directory, real_path]) == real_directory
    except ValueError:
        # On Windows: they lie on different drives.
        return False


def shown(path: str | os.PathLike[str]) -> str:
    """The path as messages name it: relative to the working directory where it lies below it."""
    try:
        relative = os.path.relpath(path)
    except ValueError:
        return str(path)
    outside = relative == os.pardir or relative.startswith(os.pardir + os.sep)
    return (os.path.abspath(path) if outside else relative).replace(os.sep, "/")
