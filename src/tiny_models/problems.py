"""Errors for the person who has to mend what was asked for."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class Problem(Exception):
    """What is wrong, and what to do next; ``exit_code`` is the one that the tool ends with."""

    exit_code = 2

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\nhint: {self.hint}" if self.hint else self.message


class InputProblem(Problem):
    """The request or a file that it names is wrong."""


class MissingRequirement(Problem):
    """The environment lacks a package that the class asked for needs."""

    exit_code = 3

    def __init__(self, subject: str, packages: Iterable[str]) -> None:
        self.packages = tuple(packages)
        names = ", ".join(self.packages)
        quoted = ", ".join(f"`{each}`" for each in self.packages)
        super().__init__(
            f"{subject} needs {names}, which is not installed",
            f"add {quoted} to the requirements of the resolve and relock it",
        )


class NotMade(InputProblem):
    """A class of a repository raises something where it is made, saved or loaded."""

    def __init__(self, class_name: str, problem: Exception, hint: str) -> None:
        text = " ".join(str(problem).split())
        super().__init__(
            f"{class_name} cannot be made: {type(problem).__name__}: {text:.200}", hint
        )


def unknown(what: str, found: str, known: Iterable[str]) -> InputProblem:
    """The problem that ``found`` is none of the ``known``: with the nearest or all of them."""
    names = sorted(known)
    near = difflib.get_close_matches(found, names, n=3, cutoff=0.6)
    hint = f"did you mean {' or '.join(near)}?" if near else f"one of: {', '.join(names)}"
    return InputProblem(f"unknown {what}: {found}", hint)
