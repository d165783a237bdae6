from __future__ import annotations

import errno

import pytest

from toolkit.errors import EnvironmentLack, InputError
from toolkit.os_errors import HINTS, located, raise_lack


@pytest.mark.parametrize("number", sorted(HINTS))
def test_the_machine_is_the_cause(number: int) -> None:
    error = located(OSError(number, "x"), "cannot be read", place="a/file", hint="no")
    assert isinstance(error, EnvironmentLack)
    assert (error.place, error.hint) == ("a/file", HINTS[number])


@pytest.mark.parametrize(
    ("problem", "message"),
    [
        (OSError(errno.EACCES, "Permission denied"), "cannot be read: Permission denied"),
        (IsADirectoryError(None, "it is a directory"), "cannot be read: it is a directory"),
        (ValueError("embedded null byte"), "cannot be read: embedded null byte"),
    ],
)
def test_the_input_is_the_cause(problem: OSError | ValueError, message: str) -> None:
    error = located(problem, "cannot be read", place="a/file", hint="name another")
    assert isinstance(error, InputError)
    assert (error.message, error.hint) == (message, "name another")


@pytest.mark.parametrize(
    "problem",
    [
        MemoryError(),
        OSError(errno.ENOSPC, "No space left on device"),
        RuntimeError("Error while serializing: I/O error: File too large (os error 27)"),
    ],
)
def test_what_a_library_raises_for_want_of_something(problem: Exception) -> None:
    with pytest.raises(EnvironmentLack) as caught:
        raise_lack(problem)
    assert caught.value.hint


@pytest.mark.parametrize(
    "problem",
    [
        ValueError("hidden_size must be a multiple of 4"),
        OSError("there is no model of this name"),
        OSError(errno.ENOENT, "No such file or directory"),
        RuntimeError("No such file or directory (os error 2)"),
    ],
)
def test_what_a_library_raises_for_other_reasons(problem: Exception) -> None:
    raise_lack(problem)
