"""Syntax trees whose definitions at module level are read when their bodies are asked for.

A model uses a few classes of a parent file: the others need no tree, only their lines. Whatever is
unusual is read at once.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from functools import partial
from typing import Any

from modular_converter.syntax.tokens import without_long_strings

ParseAll = Callable[[], ast.Module]

_DEFINITION = re.compile(r"(?:class|(?:async )?def) \w")
_READ = "_read"
_LATE = ("body", "end_col_offset")


def _read_late(node: ast.AST, name: str) -> Any:
    """What a definition does not have yet: its body and where that ends."""
    state = node.__dict__
    if name not in _LATE or _READ not in state:
        raise AttributeError(name)
    state.pop(_READ)(node)
    return state[name]


# By kind of definition: visitors see the name of the kind.
_UNREAD: dict[type[ast.AST], type[ast.AST]] = {
    kind: type(kind.__name__, (kind,), {"__slots__": (), "__getattr__": _read_late})
    for kind in (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
}


def is_unread(node: ast.AST) -> bool:
    """Whether the body of a definition is not read yet; there is no import and no class in it."""
    return _READ in node.__dict__


def module_with_unread_bodies(
    text: str, lines: list[str], parse_all: ParseAll
) -> ast.Module | None:
    """The tree of a text; None if the text is too unusual to be cut by its lines.

    A syntax error in a body raises what ``parse_all`` raises, when the body is read.

    :param lines: those of the text.
    :param parse_all: parses the whole text, or raises an error that says what is wrong with it. It
        must not refer to the tree.
    """
    code = without_long_strings(text)
    code_lines = code.split("\n")
    starts = _statement_lines(code_lines)
    if not starts or "\\\n" in code:
        return None
    last_line_of: dict[int, int] = {}
    stub = lines.copy()
    for first, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        if not _DEFINITION.match(code_lines[first]):
            continue
        body = _body_line(code_lines, first, end)
        if body is None or any(
            "import" in line or "class " in line for line in code_lines[body:end]
        ):
            continue
        last_line_of[first] = _last_code_line(code_lines, end)
        stub[body:end] = ["    pass", *[""] * (end - body - 1)]
    try:
        # What was cut in the wrong place is not valid.
        tree = ast.parse("\n".join(stub))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    for node in tree.body:
        last = last_line_of.get(node.lineno - 1)
        if last is not None and type(node) in _UNREAD:
            # Without the node: nobody looks for circles of references.
            read = partial(_read_body, lines=lines, last=last, parse_all=parse_all)
            node.__class__ = _UNREAD[type(node)]  # type: ignore[assignment]
            for name in _LATE:
                delattr(node, name)
            node.end_lineno = last + 1
            setattr(node, _READ, read)
    return tree


def _statement_lines(lines: list[str]) -> list[int] | None:
    """Where something begins at the left margin; None unless all steps are of four spaces."""
    starts = []
    depth = 0
    for number, line in enumerate(lines):
        stripped = line.lstrip(" ")
        if not stripped or stripped[0] == "#":
            continue
        indent = len(line) - len(stripped)
        if indent % 4 or indent > depth + 4 or stripped[0] == "\t":
            return None
        if not indent and stripped[0] not in ")]}":
            starts.append(number)
        depth = indent
    return starts


def _body_line(lines: list[str], first: int, end: int) -> int | None:
    """The line below a definition's header; None if the header has an unusual shape."""
    for number in range(first, end - 1):
        line = lines[number]
        if line.endswith(":") and (number == first or line[0] == ")"):
            return number + 1
    return None


def _last_code_line(lines: list[str], end: int) -> int:
    number = end - 1
    while not (stripped := lines[number].strip()) or stripped[0] == "#":
        number -= 1
    return number


def read_bodies(tree: ast.Module, parse_all: ParseAll) -> None:
    """Reads all bodies that are unread. Raises what ``parse_all`` raises."""
    unread = {node.lineno: node for node in tree.body if is_unread(node)}
    for whole in parse_all().body if unread else ():
        if whole.lineno in unread:
            _complete(unread[whole.lineno], whole)


def _read_body(node: Any, lines: list[str], last: int, parse_all: ParseAll) -> None:
    first = node.lineno - 1
    text = "\n" * first + "\n".join(lines[first : last + 1]) + "\n"
    try:
        statements = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        statements = parse_all().body
    (whole,) = (part for part in statements if part.lineno == node.lineno)
    _complete(node, whole)


def _complete(node: ast.stmt, whole: ast.stmt) -> None:
    """Gives a definition what it lacks, from another tree of it."""
    node.__dict__.pop(_READ, None)
    for name in (*_LATE, "end_lineno"):
        setattr(node, name, getattr(whole, name))
