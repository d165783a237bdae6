"""Guards the loading of an embedding checkpoint: it is data, and stays in its directory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from parent_finder.core.errors import InputError
from toolkit import errors
from toolkit.checkpoint import check_directory, no_unpickling


def check(directory: str) -> None:
    """Raises InputError for what would lead out of a directory, or to weights of other kinds."""
    with _located():
        check_directory(directory)


@contextmanager
def guarded() -> Iterator[None]:
    """While a checkpoint is loaded; raises InputError for a file that would be unpickled."""
    with _located(), no_unpickling():
        yield


@contextmanager
def _located() -> Iterator[None]:
    try:
        yield
    except errors.InputError as problem:
        raise InputError(problem.place, problem.message, hint=problem.hint) from None
