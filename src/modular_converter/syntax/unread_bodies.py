"""Syntax trees whose definitions and methods are read when their bodies are asked for.

A model uses a few classes of a parent file: the others need no tree, only their lines. Whatever is
unusual is read at once.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

from modular_converter.syntax.tokens import without_long_strings

ParseAll = Callable[[], ast.Module]

_DEFINITION = re.compile(r"(?:class|(?:async )?def) \w")
_METHOD = re.compile(r"    (?:async )?def \w")
_READ = "_read"
_BODY_LINE = "_body_line"
_DEFINITIONS = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
# What follows the indentation of a line in a class that begins no member.
_NO_MEMBER = " )]}#"


def _read_late(node: ast.AST, name: str) -> Any:
    """What a definition does not have yet: its body."""
    state = node.__dict__
    if name != "body" or _READ not in state:
        raise AttributeError(name)
    state.pop(_READ)(node)
    return state[name]


# By kind of definition: visitors see the name of the kind.
_UNREAD: dict[type[ast.AST], type[ast.AST]] = {
    kind: type(kind.__name__, (kind,), {"__slots__": (), "__getattr__": _read_late})
    for kind in _DEFINITIONS
}


def is_unread(node: ast.AST) -> bool:
    """Whether the body of a definition is not read yet; there is no import and no class in it."""
    return _READ in node.__dict__


def body_line(node: ast.AST) -> int | None:
    """The line (from 0) below the header of a definition that is unread; None if it is read."""
    line: int | None = node.__dict__.get(_BODY_LINE)
    return line


@dataclass(frozen=True)
class _Cut:
    """A definition whose body is to be read late. Lines count from 0, the end is in bytes."""

    first: int
    body: int
    last: int
    end: int


@dataclass(frozen=True, eq=False)
class _Lines:
    """The lines of a text, and the same with nothing in strings of several lines.

    ``parse_all`` is that of ``module_with_unread_bodies``.
    """

    lines: list[str]
    code: list[str]
    parse_all: ParseAll

    def cut(self, first: int, end: int) -> _Cut | None:
        """The definition in the lines from ``first`` to ``end`` (exclusive).

        None if it has an unusual shape, or is to be read at once.
        """
        body = _body_line(self.code, first, end)
        if body is None:
            return None
        text = "\n".join(self.code[body:end])
        if "import" in text or "class " in text:
            return None
        last = _last_code_line(self.code, end)
        line = self.lines[last]
        if "#" in line and ('"' in line or "'" in line):
            return None
        line = line.partition("#")[0].rstrip()
        if line.endswith(";"):
            return None
        return _Cut(first, body, last, len(line.encode("utf-8")))

    def cut_methods(self, first: int, end: int) -> list[_Cut]:
        """The methods of a class."""
        starts = [
            number
            for number in range(first + 1, end)
            if (line := self.code[number]).startswith("    ") and line[4:5] not in _NO_MEMBER
        ]
        cuts = [
            self.cut(start, following)
            for start, following in pairwise([*starts, end])
            if _METHOD.match(self.code[start])
        ]
        return [cut for cut in cuts if cut is not None]

    def parse(
        self, first: int, end: int, cuts: Iterable[_Cut], *, in_class: bool = False
    ) -> list[ast.stmt] | None:
        """The statements of some lines, without the bodies that are cut out.

        None if what is left is not valid: it was cut in the wrong place.

        :param in_class: whether the lines are members of a class, which then is the only statement.
        """
        stub = self.lines[first:end]
        for cut in cuts:
            indent = " " * (len(self.code[cut.first]) - len(self.code[cut.first].lstrip(" ")))
            size = cut.last + 1 - cut.body
            stub[cut.body - first : cut.last + 1 - first] = [
                f"{indent}    pass",
                *[""] * (size - 1),
            ]
        if in_class:
            first, stub = first - 1, ["class _:", *stub]
        # Python reads one long string faster than as many empty lines.
        above = '"""' + "\n" * (first - 1) + '"""\n' if first else ""
        try:
            return ast.parse(above + "\n".join(stub) + "\n").body[bool(first) :]
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None

    def take_bodies(self, nodes: Iterable[ast.stmt], cuts: Iterable[_Cut]) -> None:
        """Makes the nodes of what was cut unread."""
        by_line = {cut.first + 1: cut for cut in cuts}
        for node in nodes:
            cut = by_line.get(node.lineno)
            if cut is not None and type(node) in _UNREAD:
                # Without the node: nobody looks for circles of references.
                read = partial(_read_body, lines=self, last=cut.last)
                node.__class__ = _UNREAD[type(node)]  # type: ignore[assignment]
                del node.body  # type: ignore[attr-defined]
                node.end_lineno, node.end_col_offset = cut.last + 1, cut.end
                setattr(node, _BODY_LINE, cut.body)
                setattr(node, _READ, read)


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
    both = _Lines(lines, code.split("\n"), parse_all)
    starts = _statement_lines(both.code)
    if not starts or "\\\n" in code:
        return None
    cuts: list[_Cut] = []
    methods: dict[int, list[_Cut]] = {}
    for first, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        if not _DEFINITION.match(both.code[first]):
            continue
        if (cut := both.cut(first, end)) is not None:
            cuts.append(cut)
        elif both.code[first].startswith("class"):
            methods[first + 1] = both.cut_methods(first, end)
    statements = both.parse(0, len(lines), [*cuts, *(m for cut in methods.values() for m in cut)])
    if statements is None:
        return None
    both.take_bodies(statements, cuts)
    for node in statements:
        if isinstance(node, ast.ClassDef) and node.lineno in methods:
            both.take_bodies(node.body, methods[node.lineno])
            if is_unread(last := node.body[-1]):
                node.end_lineno, node.end_col_offset = last.end_lineno, last.end_col_offset
    return ast.Module(statements, [])


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
    indent = len(lines[first]) - len(lines[first].lstrip(" "))
    for number in range(first, end - 1):
        line = lines[number]
        if line.endswith(":") and (number == first or line[indent : indent + 1] == ")"):
            return number + 1
    return None


def _last_code_line(lines: list[str], end: int) -> int:
    number = end - 1
    while not (stripped := lines[number].strip()) or stripped[0] == "#":
        number -= 1
    return number


def read_bodies(tree: ast.Module, parse_all: ParseAll) -> None:
    """Reads all bodies that are unread. Raises what ``parse_all`` raises."""
    unread = {node.lineno: node for node in _unread_in(tree.body)}
    for whole in _definitions_in(parse_all().body) if unread else ():
        if whole.lineno in unread:
            _complete(unread[whole.lineno], whole)


def _definitions_in(statements: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """The definitions among statements, each before those in its class."""
    for node in statements:
        if isinstance(node, _DEFINITIONS):
            yield node
            if isinstance(node, ast.ClassDef) and not is_unread(node):
                yield from _definitions_in(node.body)


def _unread_in(statements: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    return (node for node in _definitions_in(statements) if is_unread(node))


def _read_body(node: Any, lines: _Lines, last: int) -> None:
    first = node.lineno - 1
    cuts = lines.cut_methods(first, last + 1) if isinstance(node, ast.ClassDef) else []
    statements = lines.parse(first, last + 1, cuts, in_class=node.col_offset > 0)
    if statements is None:
        cuts, statements = [], lines.parse_all().body
    whole: Any = next(part for part in _definitions_in(statements) if part.lineno == node.lineno)
    lines.take_bodies(whole.body, cuts)
    _complete(node, whole)


def _complete(node: Any, whole: Any) -> None:
    """Gives a definition the body that another tree of it has."""
    for name in (_READ, _BODY_LINE):
        node.__dict__.pop(name, None)
    # As of one that was never unread.
    node.__class__ = type(whole)
    node.body = whole.body
