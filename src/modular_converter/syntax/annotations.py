"""The names in quoted annotations."""

from __future__ import annotations

import ast
from collections.abc import Iterator

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
    for node in ast.walk(tree):
        annotation = getattr(node, "annotation", None) or getattr(node, "returns", None)
        if annotation is not None:
            for part in _type_strings(annotation):
                names |= references(part, quoted=False)
    return names


def _type_strings(annotation: ast.expr) -> Iterator[str]:
    """The strings of an annotation that are types: not those in ``Literal[...]``."""
    pending: list[ast.AST] = [annotation]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif not isinstance(node, ast.Subscript) or not ast.unparse(node.value).endswith("Literal"):
            pending += ast.iter_child_nodes(node)
