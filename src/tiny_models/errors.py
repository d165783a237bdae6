"""What goes wrong, with the exit code that it means and a hint for whoever must mend it."""

from __future__ import annotations

DONE = 0
ANSWER_IS_NO = 1
WRONG_INPUT = 2
ENVIRONMENT_LACKS = 3


class FixtureError(Exception):
    """A message for a person: where, what, and how to mend it. Subclasses set the exit code.

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
    """A model class needs a package that is not installed."""

    exit_code = ENVIRONMENT_LACKS


class HubUnusable(FixtureError):
    """A model hub is out of reach, or does not let us do what we want."""

    exit_code = ENVIRONMENT_LACKS


class HubConflict(FixtureError):
    """Somebody else changed a repository of a model hub at the same time."""

    exit_code = ANSWER_IS_NO
