"""Taking classes and functions apart into pieces of text, each made of complete tokens."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from modular_converter.syntax.source import Source
from modular_converter.syntax.statements import Function, Statement, first_line, split_block
from modular_converter.syntax.tokens import code_only, matching_bracket, punctuation
from modular_converter.syntax.unread_bodies import body_line

_STEP = "    "
_NAME_AFTER_DEF = re.compile(r"\s*(?:async\s+)?(?:def|class)\s+\w+\s*")


@dataclass(frozen=True, eq=False)
class Head:
    """Everything of a class or function from its first decorator to its colon.

    ``decorators`` have the lines above them (not above the first) and end in a newline.
    """

    name: str
    decorators: tuple[str, ...]
    after_decorators: str
    # Inside the parentheses; None when a class has none.
    arguments: str | None
    type_parameters: str
    returns: str
    after_colon: str
    end: int


@dataclass(frozen=True, eq=False)
class FunctionParts:
    """A function definition in pieces."""

    source: Source
    node: Function
    head: Head
    indent: str

    @cached_property
    def statements(self) -> tuple[Statement, ...]:
        """The statements of its body."""
        return tuple(split_block(self.source, self.node.body, self.head.end, self.indent + _STEP))

    @property
    def is_async(self) -> bool:
        """Whether it is an ``async def``."""
        return isinstance(self.node, ast.AsyncFunctionDef)


@dataclass(frozen=True, eq=False)
class ClassParts:
    """A class definition in pieces. ``bases`` and ``keywords`` are texts of header arguments."""

    source: Source
    node: ast.ClassDef
    head: Head
    bases: tuple[str, ...]
    keywords: tuple[str, ...]
    statements: tuple[Statement, ...]


def split_class(source: Source, node: ast.ClassDef) -> ClassParts:
    """Takes a class definition at module level apart."""
    head = _split_head(source, node)
    return ClassParts(
        source=source,
        node=node,
        head=head,
        bases=tuple(source.slice(base) for base in node.bases),
        keywords=tuple(
            f"{keyword.arg}={source.slice(keyword.value)}"
            if keyword.arg
            else f"**{source.slice(keyword.value)}"
            for keyword in node.keywords
        ),
        statements=tuple(split_block(source, node.body, head.end, _STEP)),
    )


def split_function(source: Source, node: Function, indent: str) -> FunctionParts:
    """Takes a function definition apart; ``indent`` is that of its ``def``."""
    return FunctionParts(source, node, _split_head(source, node), indent)


def _split_head(source: Source, node: Function | ast.ClassDef) -> Head:
    decorators = []
    after_decorators = ""
    if node.decorator_list:
        previous = node.decorator_list[0].lineno - 2
        for decorator in node.decorator_list:
            last = decorator.end_lineno - 1  # type: ignore[operator]
            decorators.append(source.block(previous + 1, last))
            previous = last
        after_decorators = source.block(previous + 1, node.lineno - 2)

    first = node.lineno - 1
    last_line = _header_limit(node)
    text = source.block(first, last_line)
    match = _NAME_AFTER_DEF.match(text)
    assert match is not None
    position = match.end()
    type_parameters = ""
    if text[position] == "[":
        closing = matching_bracket(text, position)
        type_parameters = text[position : closing + 1]
        position = closing + 1
        while text[position] in " \t":
            position += 1
    arguments = None
    if text[position] == "(":
        closing = matching_bracket(text, position)
        arguments = text[position + 1 : closing]
        position = closing + 1
    colon = _colon(text, position)
    between = text[position:colon].strip()
    returns = between[2:].strip() if between.startswith("->") else ""
    end_of_line = text.find("\n", colon)
    after_colon = text[colon + 1 : end_of_line].strip()
    return Head(
        name=node.name,
        decorators=tuple(decorators),
        after_decorators=after_decorators,
        arguments=arguments,
        type_parameters=type_parameters,
        returns=returns,
        after_colon=after_colon if after_colon.startswith("#") else "",
        end=first + text.count("\n", 0, colon),
    )


def _header_limit(node: Function | ast.ClassDef) -> int:
    """The last line (from 0) that the header can reach: where the body begins."""
    line = body_line(node)
    return max(first_line(node.body[0]) if line is None else line, node.lineno - 1)


def _colon(text: str, position: int) -> int:
    colons = (offset for mark, offset in _outside_brackets(text, position) if mark == ":")
    return next(colons, len(text) - 1)


def _outside_brackets(text: str, position: int = 0) -> Iterator[tuple[str, int]]:
    """The marks from a position on that are in no brackets, with their places."""
    depth = 0
    for mark, offset in punctuation(text, position):
        if mark in "([{":
            depth += 1
        elif mark in ")]}":
            depth -= 1
        elif depth == 0:
            yield mark, offset


def ends_with_comma(parts: ClassParts) -> bool:
    """Whether a comma follows the last argument of a class's header."""
    arguments = parts.head.arguments
    return arguments is not None and code_only(arguments).rstrip().endswith(",")


def split_parameters(arguments: str) -> list[str]:
    """The text between the commas at the outer level of a parameter list."""
    pieces = []
    begin = 0
    for mark, offset in _outside_brackets(arguments):
        if mark == ",":
            pieces.append(arguments[begin:offset])
            begin = offset + 1
    pieces.append(arguments[begin:])
    return pieces
