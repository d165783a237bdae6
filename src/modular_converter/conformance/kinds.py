"""Of which kind the difference between a shipped and a converted file is."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from modular_converter.conformance.comparison import Miss

# The first that applies to a file names its kind: what comes later is often caused by it.
KINDS = (
    "is not converted",
    "is not generated",
    "is generated, but not shipped",
    "is not valid Python",
    "other classes, functions or constants",
    "other bases of a class",
    "other decorators",
    "other members of a class",
    "other parameters or annotations",
    "other statements in a function",
    "other order of statements in a function",
    "other values",
    "other order of definitions",
    "other imports",
    "other comments, strings or layout",
)
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_EXAMPLE_LINES = 12


@dataclass(frozen=True)
class Group:
    """Misses of one kind; ``example`` is a part of the difference of the first."""

    kind: str
    misses: tuple[Miss, ...]
    example: str


def grouped(misses: Iterable[Miss]) -> list[Group]:
    """The misses by kind, the most frequent kind first."""
    by_kind: dict[str, list[Miss]] = {}
    for miss in misses:
        by_kind.setdefault(kind_of(miss), []).append(miss)
    groups = [
        Group(kind, tuple(members), _example(members[0])) for kind, members in by_kind.items()
    ]
    return sorted(groups, key=lambda group: (-len(group.misses), KINDS.index(group.kind)))


def kind_of(miss: Miss) -> str:
    """The kind of a miss: the first of ``KINDS`` that applies."""
    if miss.converted is None:
        return KINDS[0] if miss.error is not None else KINDS[1]
    if miss.wanted is None:
        return KINDS[2]
    try:
        wanted, converted = ast.parse(miss.wanted), ast.parse(miss.converted)
    except SyntaxError:
        return KINDS[3]
    applying = set(_kinds(wanted.body, converted.body))
    return next((kind for kind in KINDS if kind in applying), KINDS[-1])


def _kinds(wanted: list[ast.stmt], converted: list[ast.stmt]) -> Iterator[str]:
    theirs, ours = _named(wanted), _named(converted)
    if theirs.keys() != ours.keys():
        yield "other classes, functions or constants"
    elif list(theirs) != list(ours):
        yield "other order of definitions"
    for name in theirs.keys() & ours.keys():
        yield from _kinds_of_pair(theirs[name], ours[name])
    if _dumps(wanted, imports=True) != _dumps(converted, imports=True):
        yield "other imports"


def _kinds_of_pair(wanted: ast.stmt, converted: ast.stmt) -> Iterator[str]:
    if ast.dump(wanted) == ast.dump(converted):
        return
    if not isinstance(wanted, _DEFINITIONS) or type(wanted) is not type(converted):
        yield "other values"
        return
    assert isinstance(converted, _DEFINITIONS)
    if _dumps(wanted.decorator_list) != _dumps(converted.decorator_list):
        yield "other decorators"
    if isinstance(wanted, ast.ClassDef) and isinstance(converted, ast.ClassDef):
        if _dumps([*wanted.bases, *wanted.keywords]) != _dumps(
            [*converted.bases, *converted.keywords]
        ):
            yield "other bases of a class"
        theirs, ours = _named(wanted.body), _named(converted.body)
        if list(theirs) != list(ours):
            yield "other members of a class"
        for name in theirs.keys() & ours.keys():
            yield from _kinds_of_pair(theirs[name], ours[name])
        return
    assert not isinstance(wanted, ast.ClassDef) and not isinstance(converted, ast.ClassDef)
    if ast.dump(wanted.args) != ast.dump(converted.args) or _dumps([wanted.returns]) != _dumps(
        [converted.returns]
    ):
        yield "other parameters or annotations"
    theirs_body, ours_body = _dumps(_code(wanted.body)), _dumps(_code(converted.body))
    if sorted(theirs_body) != sorted(ours_body):
        yield "other statements in a function"
    elif theirs_body != ours_body:
        yield "other order of statements in a function"


def _named(body: list[ast.stmt]) -> dict[str, ast.stmt]:
    """Definitions and assignments by name (a repeated name is numbered); no imports."""
    named: dict[str, ast.stmt] = {}
    for statement in body:
        if isinstance(statement, _DEFINITIONS):
            name = statement.name
        elif isinstance(statement, ast.Assign):
            name = ast.unparse(statement.targets[0])
        elif isinstance(statement, ast.AnnAssign):
            name = ast.unparse(statement.target)
        else:
            continue
        while name in named:
            name += "'"
        named[name] = statement
    return named


def _code(body: list[ast.stmt]) -> list[ast.stmt]:
    """The statements of a body without strings that stand alone."""
    return [
        statement
        for statement in body
        if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
    ]


def _dumps(nodes: Iterable[ast.AST | None], *, imports: bool = False) -> list[str]:
    kinds = (ast.Import, ast.ImportFrom, ast.If)
    return [
        ast.dump(node)
        for node in nodes
        if node is not None and (not imports or isinstance(node, kinds))
    ]


def _example(miss: Miss) -> str:
    if miss.error is not None:
        return miss.error.message
    if miss.wanted is None or miss.converted is None:
        return ""
    lines = difflib.unified_diff(
        miss.wanted.splitlines(), miss.converted.splitlines(), lineterm="", n=1
    )
    shown = [line for line in lines if not line.startswith(("---", "+++"))][:_EXAMPLE_LINES]
    return "\n".join(shown)
