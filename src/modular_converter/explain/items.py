"""The classes, functions and methods of a file, by line and by name."""

from __future__ import annotations

import ast
from collections.abc import Iterator

_Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def _definitions(tree: ast.AST, prefix: str = "") -> Iterator[tuple[str, _Definition]]:
    for node in getattr(tree, "body", ()):
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            name = f"{prefix}{node.name}"
            yield name, node
            yield from _definitions(node, f"{name}.")
        elif isinstance(node, ast.If):
            yield from _definitions(node, prefix)


def _span(node: _Definition) -> tuple[int, int]:
    first = node.decorator_list[0].lineno if node.decorator_list else node.lineno
    return first, node.end_lineno or first


def items_by_line(tree: ast.Module) -> dict[int, str]:
    """The dotted name of the innermost definition that holds each line (from 1)."""
    innermost: dict[int, str] = {}
    for name, node in _definitions(tree):
        first, last = _span(node)
        innermost.update(dict.fromkeys(range(first, last + 1), name))
    return innermost


def named_items(tree: ast.Module) -> dict[str, tuple[int, int, int]]:
    """Dotted name to (first line with decorators, line of ``class`` or ``def``, last line).

    Of several definitions of one name the last one counts.
    """
    return {
        name: (_span(node)[0], node.lineno, _span(node)[1]) for name, node in _definitions(tree)
    }
