"""Replacing ``super().method(...)`` by the parent's body, merged with the modular's statements."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypedDict

from modular_converter.conventions.profiles import Profile
from modular_converter.merge.nodes import Origin, Rename
from modular_converter.syntax.nodes import children
from modular_converter.syntax.source import Source
from modular_converter.syntax.statements import FUNCTIONS, Statement
from modular_converter.syntax.tokens import identifiers

_COMMENT = re.compile(r"#.*")
_TRAILING_BLANKS = re.compile(r" *\n")
_PLAIN_TARGET = re.compile(r"\s*\w+(\s*,\s*\w+)*\s*[-+*/%&|^@]?=(?!=)")
_COMMA = re.compile(r"\s*,")
_WITHOUT_SELF = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(eq=False)
class BodyStatement:
    """A statement of a method body as text. ``target`` is that of a single assignment.

    A docstring that is joined with the parent's has the parent's as ``second``.
    """

    lead: str
    text: str
    origin: Origin
    target: str | None = None
    annotated_target: str | None = None
    deletes: str | None = None
    is_docstring: bool = False
    calls_super: str | None = None
    second: Origin | None = None

    @cached_property
    def comparable(self) -> str:
        """The text without comments and trailing blanks, for finding duplicates."""
        text = _COMMENT.sub("", self.lead + self.text).strip()
        return _TRAILING_BLANKS.sub("\n", text)


@dataclass(eq=False)
class ClassRecords:
    """Assignments and deletions met so far in one class.

    They outlast the method, so that one method's statements can change what another one inherits:
    so it is in transformers' converter (5.0 to 5.24).
    """

    assigned: dict[str, BodyStatement] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)


def is_docstring(source: Source, node: ast.stmt) -> bool:
    """Whether the statement is a string with a triple double-quoted section.

    No other string counts as one in transformers' converter (5.0 to 5.24).
    """
    if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Constant):
        return False
    if not isinstance(node.value.value, str):
        return False
    text = source.slice(node.value)
    return text.endswith('"""') and text.lstrip("rRuUbB").startswith('"""')


def _unchanged(text: str) -> str:
    return text


def body_statements(
    source: Source,
    statements: Iterable[Statement],
    indent: str,
    rename: Callable[[str], str] = _unchanged,
    renames: tuple[Rename, ...] = (),
) -> list[BodyStatement]:
    """The units of a method body as renamed text."""
    result = []
    for parsed in statements:
        if parsed.inline:
            begin, end = source.start_of(parsed.node), source.end_of(parsed.nodes[-1])
            lead, text = "", f"{indent}{source.between(begin, end)}\n"
        else:
            lead = source.block(parsed.lead, parsed.first - 1)
            text = source.block(parsed.first, parsed.last)
        lead, text = rename(lead) if lead else "", rename(text)
        origin = Origin(source.label, source.first_line + parsed.lead + 1, renames)
        traits = _traits(source, parsed.node, rename) if parsed.is_single else {}
        result.append(BodyStatement(lead, text, origin, **traits))
    return result


class _Traits(TypedDict, total=False):
    """What a statement does that matters to merging: fields of ``BodyStatement``."""

    target: str
    annotated_target: str
    deletes: str
    is_docstring: bool
    calls_super: str | None


def _traits(source: Source, node: ast.stmt, rename: Callable[[str], str]) -> _Traits:
    if isinstance(node, ast.Assign):
        return {"target": rename(source.slice(node.targets[0]))}
    if isinstance(node, ast.AnnAssign):
        return {"annotated_target": rename(source.slice(node.target))}
    if isinstance(node, ast.Delete):
        begin, end = source.start_of(node.targets[0]), source.end_of(node.targets[-1])
        return {"deletes": rename(source.between(begin, end))}
    if is_docstring(source, node):
        return {"is_docstring": True}
    if isinstance(node, (ast.Expr, ast.Return)):
        return {"calls_super": _super_method(node.value)}
    return {}


def _super_method(node: ast.expr | None) -> str | None:
    """The ``m`` of ``super(...).m(...)``."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        owner = node.func.value
        if (
            isinstance(owner, ast.Call)
            and isinstance(owner.func, ast.Name)
            and owner.func.id == "super"
        ):
            return node.func.attr
    return None


def merge_bodies(
    before: list[BodyStatement],
    parent: list[BodyStatement],
    added: list[BodyStatement],
    records: ClassRecords,
    profile: Profile,
    *,
    keeps_reads: bool = False,
) -> list[BodyStatement]:
    """A method body: ``before``, then ``parent`` merged with ``added``.

    :param keeps_reads: whether `super().__init__(...)` stays below what ``before`` assigns for it.
    """
    for statement in added:
        if statement.target is not None:
            records.assigned[statement.target] = statement
        if statement.deletes is not None:
            records.deleted.add(statement.deletes)

    merged: list[BodyStatement] = []
    present: set[str] = set()
    for statement in parent:
        if statement.target is not None:
            if statement.target in records.deleted:
                continue
            statement = records.assigned.get(statement.target, statement)
        elif statement.is_docstring or (
            profile.del_drops_annotated and statement.annotated_target in records.deleted
        ):
            continue
        merged.append(statement)
        present.add(statement.comparable)
    placed = {id(statement) for statement in merged}
    for statement in added:
        comparable = statement.comparable
        if id(statement) in placed or comparable in present or statement.deletes is not None:
            continue
        merged.append(statement)
        present.add(comparable)
    body = before + _post_init_last(merged)
    if keeps_reads and _reads_assigned(before, body[_init_position(body)[1]]):
        return body
    parent_calls_first = _init_position(parent)[1] <= _init_position(parent)[0]
    return _init_first(body) if parent_calls_first or profile.super_init_first else body


def _reads_assigned(before: list[BodyStatement], call: BodyStatement) -> bool:
    read = identifiers(call.text)
    return any(_PLAIN_TARGET.match(part.text) and identifiers(part.text.partition("=")[0]) & read
               for part in before)  # fmt: skip


def _post_init_last(body: list[BodyStatement]) -> list[BodyStatement]:
    """The body with `self.post_init()` at its end, as in transformers' converter (5.0 to 5.24)."""
    for position, statement in enumerate(body):
        if "self.post_init(" in statement.comparable and position < len(body) - 1:
            return [*body[:position], *body[position + 1 :], statement]
    return body


def _init_position(body: list[BodyStatement]) -> tuple[int, int]:
    """Number of leading docstrings, and position of ``super().__init__`` (-1 without one)."""
    docstrings = 0
    for position, statement in enumerate(body):
        if statement.is_docstring and position == docstrings:
            docstrings += 1
        elif "super().__init__" in statement.comparable:
            return docstrings, position
    return docstrings, -1


def _init_first(body: list[BodyStatement]) -> list[BodyStatement]:
    """The body with `super().__init__` right after its docstrings: a switch of profiles, 4.57."""
    docstrings, position = _init_position(body)
    if position <= docstrings:
        return body
    moved = body[position]
    rest = [*body[:position], *body[position + 1 :]]
    return [*rest[:docstrings], moved, *rest[docstrings:]]


def _own_scope(top: ast.stmt) -> Iterator[ast.AST]:
    """The nodes of a statement but for lambdas and the like, which `super()` does not work in."""
    pending: list[ast.AST] = [top]
    while pending:
        node = pending.pop()
        yield node
        if isinstance(node, _WITHOUT_SELF):
            continue
        if isinstance(node, FUNCTIONS) and not (node.args.posonlyargs or node.args.args):
            continue
        pending += children(node)


def with_super_calls(
    source: Source,
    parsed: Statement,
    statement: BodyStatement,
    bases: frozenset[str],
) -> BodyStatement:
    """The statement with ``Base.method(self, ...)`` written ``super().method(...)``."""
    if not any(f"{base}." in statement.text for base in bases):
        return statement
    edits: list[tuple[int, int, str]] = []
    if parsed.inline:
        origin_line, origin_column = source.start_of(parsed.node)
        shift = len(statement.text) - len(statement.text.lstrip())
    else:
        origin_line, origin_column, shift = parsed.first + 1, 0, 0
    starts = [0]
    for line in statement.text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)

    def offset(place: tuple[int, int]) -> int:
        line, column = place
        if line == origin_line:
            column += shift - origin_column
        return starts[line - origin_line] + column

    for top in parsed.nodes:
        for node in _own_scope(top):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            owner = node.func.value
            if ast.unparse(owner) not in bases:
                continue
            edits.append((offset(source.start_of(owner)), offset(source.end_of(owner)), "super()"))
            first = node.args[0] if node.args else None
            if isinstance(first, ast.Name) and first.id == "self":
                rest = [*node.args[1:], *(keyword.value for keyword in node.keywords)]
                begin, end = offset(source.start_of(first)), offset(source.end_of(first))
                if rest or _COMMA.match(statement.text, end):
                    end = statement.text.index(",", end) + 1
                    while statement.text[end] == " ":
                        end += 1
                edits.append((begin, end, ""))
    text = statement.text
    for begin, end, new in sorted(edits, reverse=True):
        text = text[:begin] + new + text[end:]
    return replace(statement, text=text)
