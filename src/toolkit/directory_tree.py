"""Walks through a directory, and leaves nothing out silently."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

from toolkit.errors import ToolError
from toolkit.input_file import unreadable


def walk(
    top: str | os.PathLike[str], on_problem: Callable[[ToolError], object] | None = None
) -> Iterator[tuple[str, list[str], list[str]]]:
    """As ``os.walk`` from top to bottom, in the order of names.

    ``os.walk`` and ``Path.rglob`` skip directories that cannot be read.
    Here, ``on_problem`` gets the error, by default it is raised: an InputError, or EnvironmentLack
    where the machine lacks something.
    """

    def refuse(problem: OSError) -> None:
        error = unreadable(str(problem.filename), "the directory", problem)
        if on_problem is None:
            raise error from None
        on_problem(error)

    for folder, folders, names in os.walk(os.fspath(top), onerror=refuse):
        folders.sort()
        yield folder, folders, sorted(names)


def files_below(top: str | os.PathLike[str]) -> Iterator[str]:
    """The paths of everything below ``top`` that is not a directory, in the order of ``walk``."""
    for folder, _, names in walk(top):
        yield from (os.path.join(folder, name) for name in names)
