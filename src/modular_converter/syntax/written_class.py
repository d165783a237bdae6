"""A class as it is written out, of which only the members that matter are parsed."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection
from functools import cached_property

from modular_converter.syntax.statements import parsed_statements
from modular_converter.syntax.tokens import without_long_strings

# The beginning of a method, or of a decorator above it.
_METHOD = re.compile(r"    (?:(@)|(?:async )?def )")


class WrittenClass:
    """The text of a class definition. Line numbers in what is parsed are those of the text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._parsed: dict[int, list[ast.stmt]] = {}

    @cached_property
    def _pieces(self) -> list[tuple[int, str]]:
        """The header with what precedes the methods, then each method with what follows it.

        Each comes with the number of lines above it.
        """
        starts = [0]
        decorated = None
        for number, line in enumerate(without_long_strings(self.text).split("\n")):
            if match := _METHOD.match(line):
                start = number if decorated is None else decorated
                decorated = start if match[1] else None
                if not match[1]:
                    starts.append(start)
        lines = self.text.split("\n")
        ends = [*starts[1:], len(lines)]
        return [
            (start, "\n".join(lines[start:end]) + "\n")
            for start, end in zip(starts, ends, strict=True)
        ]

    @property
    def bases(self) -> list[ast.expr]:
        """The bases in the header."""
        node = next((part for part in self._statements(0) if isinstance(part, ast.ClassDef)), None)
        return node.bases if node else []

    def members_naming(self, names: Collection[str]) -> list[ast.stmt]:
        """The members in whose text one of the names occurs, and perhaps others.

        None come of a text that is not valid Python: the formatter reports that.
        """
        members: list[ast.stmt] = []
        for number, (_, text) in enumerate(self._pieces):
            if not any(name in text for name in names):
                continue
            statements = self._statements(number)
            if not statements:
                statements = parsed_statements(self.text)
                return [member for top in statements for member in getattr(top, "body", ())]
            members += (member for top in statements for member in getattr(top, "body", ()))
        return members

    def _statements(self, number: int) -> list[ast.stmt]:
        """A piece as a class of its own; nothing if it is not valid Python."""
        known = self._parsed.get(number)
        if known is None:
            above, text = self._pieces[number]
            # The header lacks a body, and a method lacks the header.
            whole = "\n" * (above - 1) + f"class _:\n{text}" if number else f"{text}    pass\n"
            known = self._parsed[number] = parsed_statements(whole)
        return known
