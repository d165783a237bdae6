"""Cutting a block of statements into units: who owns which blank line and comment.

Lines above a statement lead it. Comments after the last statement of a block that are indented
like the block end that block; less indented ones lead the next statement.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from modular_converter.syntax.source import Source

_STEP = "    "
Function = ast.FunctionDef | ast.AsyncFunctionDef
# The same for `isinstance`.
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
# The statements that have blocks.
COMPOUND = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.If,
    ast.For,
    ast.AsyncFor,
    ast.While,
    ast.With,
    ast.AsyncWith,
    ast.Try,
    *((ast.TryStar,) if hasattr(ast, "TryStar") else ()),
    ast.Match,
)


@dataclass(eq=False)
class Statement:
    """One statement line or compound statement of a block: not to be changed.

    Lines count from 0: ``[lead, first)`` leads it, ``[first, last]`` is its text.
    ``inline`` units share the line of their block's header.
    """

    nodes: tuple[ast.stmt, ...]
    lead: int
    first: int
    last: int
    inline: bool = False

    @property
    def node(self) -> ast.stmt:
        """The (first) statement."""
        return self.nodes[0]

    @property
    def is_single(self) -> bool:
        """Whether the line holds one simple statement and nothing else."""
        return len(self.nodes) == 1 and not isinstance(self.node, COMPOUND)


def parsed_statements(text: str) -> list[ast.stmt]:
    """The statements of a text that was put together; none if it is not valid Python.

    The formatter reports that.
    """
    try:
        return ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []


def first_line(node: ast.stmt) -> int:
    """Line (from 0) of the first decorator, or of the statement itself."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return (decorators[0].lineno if decorators else node.lineno) - 1


def statements_within(
    statements: Iterable[ast.stmt], *, enters: Callable[[ast.stmt], bool] = lambda _: True
) -> Iterator[ast.stmt]:
    """These statements and those in their blocks, at any depth; expressions are not looked into.

    :param enters: whether to look into the blocks of a statement.
    """
    pending = list(statements)
    while pending:
        node = pending.pop()
        yield node
        if not isinstance(node, COMPOUND) or not enters(node):
            continue
        for name in ("body", "orelse", "finalbody"):
            pending += getattr(node, name, ())
        for part in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
            pending += part.body


def imports_directly(node: ast.If) -> bool:
    """Whether an import stands in the block of the condition, and not deeper."""
    return any(isinstance(child, (ast.Import, ast.ImportFrom)) for child in node.body)


def holds_imports(node: ast.If) -> bool:
    """Whether an import stands in the block of the condition, or in that of another one in it."""
    return imports_directly(node) or any(
        isinstance(child, ast.If) and holds_imports(child) for child in node.body
    )


def dedented(source: Source, node: ast.stmt) -> Source:
    """An indented statement as if it stood at module level, in a source of its own."""
    line = source.lines[node.lineno - 1]
    indent = line[: len(line) - len(line.lstrip())]
    first = first_line(node)
    lines = source.lines[first : node.end_lineno]
    text = "\n".join(line.removeprefix(indent) for line in lines) + "\n"
    return Source(source.path, source.label, text, source.first_line + first)


def split_block(
    source: Source, body: list[ast.stmt], header_end: int, indent: str
) -> list[Statement]:
    """The units of a block whose header ends on line ``header_end`` (from 0; -1 for a module)."""
    statements: list[Statement] = []
    lead = header_end + 1
    position = 0
    lines = source.lines
    while position < len(body):
        node = body[position]
        first = first_line(node)
        group = [node]
        last = node.end_lineno - 1  # type: ignore[operator]
        position += 1
        while position < len(body) and first_line(body[position]) <= last:
            group.append(body[position])
            last = max(last, body[position].end_lineno - 1)  # type: ignore[operator]
            position += 1
        inline = first <= header_end
        if isinstance(node, COMPOUND) and not inline:
            last = _end_of_block(lines, last, indent + _STEP)
        statements.append(Statement(tuple(group), min(lead, first), first, last, inline))
        lead = last + 1
    return statements


def _end_of_block(lines: list[str], last: int, indent: str) -> int:
    """The last line of the comments that end the block whose code ends on ``last``."""
    end = last
    for number in range(last + 1, len(lines)):
        stripped = lines[number].strip()
        if stripped and not stripped.startswith("#"):
            break
        if lines[number].startswith(indent):
            end = number
    return end
