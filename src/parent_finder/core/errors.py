"""Located messages for the person who must fix the input."""

from __future__ import annotations


class InputError(Exception):
    """Wrong input (exit code 2).

    ``line`` and ``column`` count from 1; 0 means that the place is unknown.
    """

    def __init__(
        self, path: str, message: str, *, line: int = 0, column: int = 0, hint: str = ""
    ) -> None:
        self.path = path
        self.message = message
        self.line = line
        self.column = column
        self.hint = hint
        super().__init__(message)


class EnvironmentLack(Exception):
    """Something that the tool needs is missing from the environment (exit code 3)."""


def render(problem: InputError) -> str:
    """The text shown to a person: place, message, hint."""
    place = problem.path
    if problem.line:
        place += f":{problem.line}"
        if problem.column:
            place += f":{problem.column}"
    text = f"{place}: error: {problem.message}"
    return f"{text}\nhint: {problem.hint}" if problem.hint else text
