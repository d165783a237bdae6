"""``__all__`` and the module-level ``__getattr__``, split over the standalone files."""

from __future__ import annotations

import ast
from collections.abc import Callable

from modular_converter.conventions.profiles import Profile
from modular_converter.library.index import FileIndex, Item
from modular_converter.merge.nodes import Fragment, Node, Origin
from modular_converter.syntax.source import Source


def split_exports(
    index: FileIndex, type_of: Callable[[str], str], profile: Profile
) -> dict[str, list[Node]]:
    """The closing statements of each file type."""
    result: dict[str, list[Node]] = {}
    if profile.module_getattr and index.module_getattr is not None:
        for file_type, node in _split_getattr(index.module_getattr, type_of).items():
            result.setdefault(file_type, []).append(node)
    if index.exports is not None:
        for file_type, node in _split_all(index.exports, type_of).items():
            result.setdefault(file_type, []).append(node)
    return result


def _split_all(item: Item, type_of: Callable[[str], str]) -> dict[str, Node]:
    node = item.statement.node
    assert isinstance(node, ast.Assign)
    if not isinstance(node.value, ast.List):
        return {}
    grouped: dict[str, list[str]] = {}
    for element in node.value.elts:
        if isinstance(element, ast.Constant) and isinstance(element.value, str):
            text = item.source.slice(element)
            grouped.setdefault(type_of(element.value), []).append(text)
    return {
        file_type: _statement(item, f"__all__ = [{', '.join(entries)}]")
        for file_type, entries in grouped.items()
    }


def _split_getattr(item: Item, type_of: Callable[[str], str]) -> dict[str, Node]:
    """``__getattr__ = f(__name__, a={...}, b={...})`` with only the keys of each type."""
    node = item.statement.node
    source = item.source
    assert isinstance(node, ast.Assign)
    call = node.value
    if not isinstance(call, ast.Call):
        return {}
    types: dict[str, None] = {}
    for keyword in call.keywords:
        if isinstance(keyword.value, ast.Dict):
            for key in keyword.value.keys:
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    types[type_of(key.value)] = None
    result = {}
    for file_type in types:
        arguments = [source.slice(argument) for argument in call.args]
        for keyword in call.keywords:
            value = _restricted(keyword.value, source, file_type, type_of)
            if value is not None:
                arguments.append(f"{keyword.arg}={value}" if keyword.arg else f"**{value}")
        text = f"__getattr__ = {source.slice(call.func)}({', '.join(arguments)})"
        result[file_type] = _statement(item, text)
    return result


def _restricted(
    value: ast.expr, source: Source, file_type: str, type_of: Callable[[str], str]
) -> str | None:
    if not isinstance(value, ast.Dict):
        return source.slice(value)
    pairs = []
    for key, entry in zip(value.keys, value.values, strict=True):
        name = key.value if isinstance(key, ast.Constant) else None
        if isinstance(name, str) and type_of(name) != file_type:
            continue
        text = _without_trailing_comma(entry, source)
        pairs.append(f"{source.slice(key)}: {text}" if key is not None else f"**{text}")
    return "{" + ", ".join(pairs) + "}" if pairs else None


def _without_trailing_comma(node: ast.expr, source: Source) -> str:
    if isinstance(node, ast.Tuple) and len(node.elts) > 1:
        return "(" + ", ".join(source.slice(element) for element in node.elts) + ")"
    return source.slice(node)


def _statement(item: Item, text: str) -> Node:
    source = item.source
    line, column = source.end_of(item.statement.node)
    after = source.lines[line - 1][column:].strip()
    comment = f"  {after}" if after.startswith("#") else ""
    origin = Origin(source.label, source.first_line + item.statement.lead + 1)
    return Node(item.name, "export", (Fragment(f"{item.lead}{text}{comment}\n", origin),))
