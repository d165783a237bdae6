"""Annotations, and the names in quoted ones."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modular_converter.syntax.nodes import children
from modular_converter.syntax.statements import FUNCTIONS, Function, statements_within
from modular_converter.syntax.tokens import quoted_names, references


def names_in_quoted_annotations(text: str) -> set[str]:
    """The dotted names in the strings of a definition that are types.

    For a text that cannot be parsed: those in all strings that may be types.
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return quoted_names(text)
    names: set[str] = set()
    for annotation in _all_annotations(tree.body):
        for part in _type_strings(annotation):
            names |= references(part, quoted=False)
    return names


def annotations_of(function: Function) -> Iterator[ast.expr]:
    """The annotations of parameters, then that of the result."""
    arguments = function.args
    listed = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    listed += [extra for extra in (arguments.vararg, arguments.kwarg) if extra is not None]
    for annotation in (*(argument.annotation for argument in listed), function.returns):
        if annotation is not None:
            yield annotation


def _all_annotations(statements: list[ast.stmt]) -> Iterator[ast.expr]:
    for node in statements_within(statements):
        if isinstance(node, ast.AnnAssign):
            yield node.annotation
        elif isinstance(node, FUNCTIONS):
            yield from annotations_of(node)


def _type_strings(annotation: ast.expr) -> Iterator[str]:
    """The strings of an annotation that are types: not those in ``Literal[...]``."""
    pending: list[ast.AST] = [annotation]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif not isinstance(node, ast.Subscript) or not ast.unparse(node.value).endswith("Literal"):
            pending += children(node)
