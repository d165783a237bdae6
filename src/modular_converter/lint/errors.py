"""What a modular file must not do: mistakes that would otherwise lose something silently."""

from __future__ import annotations

import ast

from modular_converter.diagnostics.record import ConversionError, Diagnostic
from modular_converter.library.imports import ImportBlock, ImportNode
from modular_converter.library.index import FileIndex, Item
from modular_converter.library.modular_file import ParentImport
from modular_converter.syntax.definitions import ClassParts
from modular_converter.syntax.nodes import nodes_within
from modular_converter.syntax.source import Source
from modular_converter.syntax.statements import FUNCTIONS, Function


def check_imports(index: FileIndex, imports: list[ParentImport]) -> None:
    """Raises ConversionError for star imports and parents under an alias."""
    source = index.source
    for statement in index.imports:
        nodes = (
            nodes_within(statement.node)
            if isinstance(statement.node, ast.If)
            else (statement.node,)
        )
        for node in nodes:
            if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
                raise source.error(
                    "star-import",
                    f"`from {'.' * node.level}{node.module or ''} import *` does not say what "
                    "the output needs",
                    node,
                    hint="name what is used",
                )
    _check_aliased_bases(index, imports)


def _check_aliased_bases(index: FileIndex, imports: list[ParentImport]) -> None:
    aliases = {
        alias.asname: alias.name
        for imported in imports
        for alias in imported.node.names
        if alias.asname and alias.asname != alias.name
    }
    for item in index.classes.values():
        node = item.statement.node
        assert isinstance(node, ast.ClassDef)
        for base in node.bases:
            if isinstance(base, ast.Name) and base.id in aliases:
                raise item.source.error(
                    "aliased-parent",
                    f"class {item.name} inherits from {aliases[base.id]} under the alias {base.id}",
                    base,
                    hint="import the parent class without `as`",
                )


def check_bases(item: Item) -> None:
    """Raises ConversionError when a base of a class with a parent model is not a dotted name."""
    node = item.statement.node
    assert isinstance(node, ast.ClassDef)
    for base in node.bases:
        part: ast.expr = base
        while isinstance(part, ast.Attribute):
            part = part.value
        if not isinstance(part, ast.Name):
            raise item.source.error(
                "base-not-a-name",
                f"a base of class {item.name} is not a name: {item.source.slice(base)}",
                base,
                hint="give the base a name of its own first",
            )


def check_methods(parts: ClassParts) -> None:
    """Raises ConversionError when a class defines a method twice without a decorator."""
    seen: dict[str, Function] = {}
    for statement in parts.statements:
        node = statement.node
        if isinstance(node, FUNCTIONS):
            first = seen.setdefault(node.name, node)
            if first is not node and not node.decorator_list and not first.decorator_list:
                raise parts.source.error(
                    "duplicate-method",
                    f"class {parts.head.name} defines method `{node.name}` a second time "
                    f"(first on line {first.lineno})",
                    node,
                    hint="keep one of the two definitions",
                )


def check_blocks(imports: list[ImportNode]) -> None:
    """Raises ConversionError when a kept conditional block holds more than imports."""
    for node in imports:
        if isinstance(node, ImportBlock) and node.others:
            source, line, text = node.others[0]
            raise ConversionError([_other_statement(source, line, text)])


def _other_statement(source: Source, line: int, text: str) -> Diagnostic:
    return Diagnostic(
        code="not-an-import",
        severity="error",
        path=source.label,
        line=line,
        column=len(source.line_text(line)) - len(source.line_text(line).lstrip()) + 1,
        message=f"a conditional block of imports also holds `{text.splitlines()[0]}`",
        hint="move what is not an import out of the block",
        source_line=source.line_text(line),
    )
