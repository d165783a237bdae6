"""Errors for the person who has to fix them: where, what, and what to do next."""

from __future__ import annotations

from toolkit.exit_codes import ExitCode


class ToolError(Exception):
    """An error with a place, a message and a hint; a subclass sets the exit code.

    ``place`` is a file with an optional line and column (see ``position``), an address, or empty
    where it is not known yet.
    """

    exit_code = ExitCode.WRONG_INPUT

    def __init__(self, message: str, *, place: str = "", hint: str = "") -> None:
        self.message = message
        self.place = place
        self.hint = hint
        super().__init__(message)

    def at(self, place: str) -> ToolError:
        """The same error, located at ``place`` if it had no place yet."""
        self.place = self.place or place
        return self

    def render(self) -> str:
        """The text for stderr, without a line break at its end.

        Characters of the input that are not shown, or that steer a terminal, are escaped.
        """
        prefix = f"{self.place}: " if self.place else ""
        text = f"{prefix}error: {self.message}"
        return escaped(f"{text}\nhint: {self.hint}" if self.hint else text)

    def __str__(self) -> str:
        return self.message


class InputError(ToolError):
    """The request, an argument, or a file that one of them names is wrong."""


class EnvironmentLack(ToolError):
    """Something that the tool needs is missing from the machine or the environment."""

    exit_code = ExitCode.ENVIRONMENT_LACKS


def escaped(text: str) -> str:
    """The text with what is not shown, or steers a terminal, as Python writes it in a literal."""
    return "".join(
        letter
        if letter.isprintable() or letter in "\n\t"
        else letter.encode("unicode_escape").decode()
        for letter in text
    )


def position(path: str, line: int = 0, column: int = 0) -> str:
    """A place as compilers write it; line and column count from 1, and 0 leaves them out."""
    if not line:
        return path
    return f"{path}:{line}:{column}" if column else f"{path}:{line}"
