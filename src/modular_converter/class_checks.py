"""Errors about the body of a class that inherits from a parent."""

from __future__ import annotations

import ast

from modular_converter.index import Item


def check_methods(item: Item) -> None:
    """Refuses two undecorated methods of one name. Raises ConversionError."""
    plain: dict[str, ast.stmt] = {}
    for unit in item.class_parts.units:
        node = unit.node
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and not node.decorator_list:
            first = plain.setdefault(node.name, node)
            if first is not node:
                raise item.source.error(
                    "duplicate-method",
                    f"class {item.name} defines `{node.name}` twice, first on line "
                    f"{first.lineno + item.source.first_line}",
                    node,
                    hint="delete or rename one of them",
                )
