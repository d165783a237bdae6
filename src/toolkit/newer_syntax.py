"""Recognises syntax that the running Python is too old for."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass

Version = tuple[int, int]

# Where Pants reads the Python of a module that a tool imports.
OPTION_OF_RESOLVES = "its resolve in `[python].resolves_to_interpreter_constraints`"

# An f-string's quote, a replacement field, and a string in it with the same quotes.
_NESTED_QUOTES = (
    r"""\b(?:f|rf|fr)(?P<quote>["'])[^"'{]*(?:\{[^{}"']*\}[^"'{]*)*"""
    r"""\{[^{}]*?(?P=quote)[^}]*?(?P=quote)"""
)
# An f-string with a replacement field that its line does not end.
_OPEN_FIELD = r"""\b(?:f|rf|fr)(["'])(?:(?!\1).)*\{[^}"']*$"""

# What each version brought, as the line of the syntax error shows it: later versions first, as
# what they brought may extend what earlier ones did.
_BY_LINE: tuple[tuple[Version, str, re.Pattern[str]], ...] = tuple(
    (version, name, re.compile(pattern, re.IGNORECASE))
    for version, name, pattern in (
        ((3, 15), "a lazy import", r"^\s*lazy\s+(?:import|from)\b"),
        ((3, 14), "a template string", r"""\b(?:t|rt|tr)["']"""),
        (
            (3, 13),
            "a default of a type parameter",
            r"^\s*(?:(?:async\s+)?def|class|type)\s+\w+\s*\[[^\]]*\w\s*(?::[^\]=]*)?=(?!=)",
        ),
        ((3, 12), "a `type` statement", r"^\s*type\s+\w+\s*(?:\[.*)?="),
        (
            (3, 12),
            "a list of type parameters",
            r"^\s*(?:(?:async\s+)?def|class|type)\s+\w+\s*\[",
        ),
        ((3, 12), "an f-string with its own quotes inside", _NESTED_QUOTES),
        ((3, 12), "an f-string over several lines", _OPEN_FIELD),
        ((3, 11), "`except*`", r"^\s*except\s*\*\s*[\w(]"),
        ((3, 11), "`*` in an index", r"[\w\])]\[\s*(?:[^\[\]]*,\s*)?\*\s*\w"),
        ((3, 11), "`*` in an annotation", r"\*\s*\w+\s*:\s*\*\s*\w"),
    )
)
# The same, where Python's message says what it found.
_BY_MESSAGE: tuple[tuple[Version, str, str], ...] = (
    ((3, 15), "unpacking in a comprehension", "unpacking cannot be used in"),
    ((3, 14), "`except` with types not in parentheses", "multiple exception types must be paren"),
    ((3, 12), "a backslash in an f-string", "f-string expression part cannot include a backslash"),
    ((3, 12), "a comment in an f-string", "f-string expression part cannot include '#'"),
)


@dataclass(frozen=True)
class NewerSyntax:
    """Syntax that a file has, and that the running Python has not.

    :param name: what it is, with its article.
    :param version: of Python, the first that has it.
    """

    name: str
    version: Version

    @property
    def python(self) -> str:
        """The version, for messages: `Python 3.12`."""
        return f"Python {'.'.join(map(str, self.version))}"

    @property
    def constraint(self) -> str:
        """The version, for options: `CPython>=3.12`."""
        return f"CPython>={'.'.join(map(str, self.version))}"

    @property
    def problem(self) -> str:
        """What is wrong, for messages."""
        running = ".".join(map(str, sys.version_info[:2]))
        return f"{self.name} needs {self.python}, and this is Python {running}"

    def hint(self, option: str) -> str:
        """How to run a tool on a Python that has it.

        :param option: of Pants, as the user finds it; its value is a list of constraints.
        """
        return (
            f"run this on {self.python} or later; for Pants, set {option} to "
            f'`["{self.constraint}"]`'
        )


def newer_syntax(error: SyntaxError, running: Version = sys.version_info[:2]) -> NewerSyntax | None:
    """The syntax of a later version that led to an error; None if it looks like a mistake.

    Judged by the error's message, and by what stands where the error is in its line: what is
    wrong elsewhere in the file is another error.
    """
    for version, name, message in _BY_MESSAGE:
        if version > running and message in str(error.msg):
            return NewerSyntax(name, version)
    line = error.text or ""
    # Columns count from 1; 0 or less are no place.
    place = max((error.offset or 0) - 1, 0)
    for version, name, pattern in _BY_LINE:
        if version > running:
            for match in pattern.finditer(line):
                if match.start() <= place <= match.end():
                    return NewerSyntax(name, version)
    return None


def newer_syntax_behind(error: BaseException) -> tuple[NewerSyntax, str] | None:
    """The same for an import that failed, with the place in the file: `path:line`.

    A module that imports another one by itself may raise an error of its own from the first.
    """
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, SyntaxError):
            syntax = newer_syntax(cause)
            return None if syntax is None else (syntax, f"{cause.filename}:{cause.lineno}")
        cause = cause.__cause__ or cause.__context__
    return None
