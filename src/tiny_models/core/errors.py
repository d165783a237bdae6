"""What goes wrong, with the exit code that it means and a hint on how to fix it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

DONE = 0
ANSWER_IS_NO = 1
WRONG_INPUT = 2
ENVIRONMENT_LACKS = 3


class FixtureError(Exception):
    """A message for a person: where, what, and how to fix it. Subclasses set the exit code.

    ``place`` is a file with an optional line and column, an address, or empty.
    """

    exit_code = WRONG_INPUT

    def __init__(self, message: str, *, place: str = "", hint: str = "") -> None:
        self.message = message
        self.place = place
        self.hint = hint
        super().__init__(message)

    def at(self, place: str) -> FixtureError:
        """The same error, located where it had no place yet."""
        if not self.place:
            self.place = place
        return self

    def render(self) -> str:
        """The text for stderr."""
        prefix = f"{self.place}: " if self.place else ""
        text = f"{prefix}error: {self.message}"
        return f"{text}\nhint: {self.hint}" if self.hint else text


class InputError(FixtureError):
    """The request, or a file that it names, is wrong."""


class CheckFailed(FixtureError):
    """A check of a fixture said no: damaged, or not working as a model."""

    exit_code = ANSWER_IS_NO


class MissingPackage(FixtureError):
    """A class needs a package that is not installed."""

    exit_code = ENVIRONMENT_LACKS


class MissingRequirement(MissingPackage):
    """A class needs packages that are not installed and that are known by their names."""

    def __init__(self, subject: str, packages: Iterable[str]) -> None:
        self.packages = tuple(packages)
        names = ", ".join(self.packages)
        quoted = ", ".join(f"`{package}`" for package in self.packages)
        super().__init__(
            f"{subject} needs {names}, which is not installed",
            hint=f"add {quoted} to the requirements of the resolve and relock it",
        )


class NotBuilt(InputError):
    """A class of a repository raises something when it is created, saved or loaded."""

    def __init__(self, class_name: str, problem: Exception, hint: str) -> None:
        text = " ".join(str(problem).split())
        super().__init__(
            f"{class_name} cannot be made: {type(problem).__name__}: {text:.200}", hint=hint
        )


class HubUnusable(FixtureError):
    """A model hub is out of reach, or does not let us do what we want."""

    exit_code = ENVIRONMENT_LACKS


class HubConflict(FixtureError):
    """Somebody else changed a repository of a model hub at the same time."""

    exit_code = ANSWER_IS_NO


def unknown(what: str, name: str, known: Iterable[str]) -> InputError:
    """The error that ``name`` is none of the ``known``, with the nearest or all of them."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.6)
    hint = f"did you mean {' or '.join(near)}?" if near else f"one of: {', '.join(names)}"
    return InputError(f"unknown {what}: {name}", hint=hint)
