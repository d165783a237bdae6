"""What a model file defines: found once per file content with ``ast`` and line numbers."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from modular_converter.conventions.file_types import type_of_module
from modular_converter.syntax.definitions import ClassParts, split_class
from modular_converter.syntax.source import Source
from modular_converter.syntax.statements import Statement, first_line, split_block
from modular_converter.syntax.suppressions import NO_IGNORES, Ignores, without_lone_comments
from modular_converter.syntax.tokens import identifiers

ItemKind = Literal["function", "class", "assignment"]


@dataclass(frozen=True, eq=False)
class Item:
    """One top-level function, class or assignment of a file."""

    name: str
    kind: ItemKind
    statement: Statement
    source: Source

    @cached_property
    def lead(self) -> str:
        """Blank lines and comments above it."""
        return self.source.block(self.statement.lead, self.statement.first - 1)

    @cached_property
    def text(self) -> str:
        """Its own lines, decorators included."""
        return self.source.block(self.statement.first, self.statement.last)

    @cached_property
    def class_parts(self) -> ClassParts:
        """The pieces of a class."""
        assert isinstance(self.statement.node, ast.ClassDef)
        return split_class(self.source, self.statement.node)

    @cached_property
    def identifiers(self) -> frozenset[str]:
        """Every identifier in its code."""
        return identifiers(self.text)


@dataclass(frozen=True, eq=False)
class FileIndex:
    """The top-level content of one file.

    ``position`` is the order in which names were first seen; a later definition of the same
    name and kind takes the place of the earlier one. ``members`` are stores into a name
    (``NAME[...] = v``), keyed by the text of their target.
    """

    source: Source
    header: str
    statements: tuple[Statement, ...]
    functions: dict[str, Item] = field(default_factory=dict)
    classes: dict[str, Item] = field(default_factory=dict)
    assignments: dict[str, Item] = field(default_factory=dict)
    members: dict[str, tuple[str, ...]] = field(default_factory=dict)
    position: dict[str, int] = field(default_factory=dict)
    imports: tuple[Statement, ...] = ()
    exports: Item | None = None
    module_getattr: Item | None = None
    ignores: Ignores = field(default_factory=Ignores)

    @cached_property
    def sibling_imports(self) -> frozenset[str]:
        """Names imported from typed files of the same model (``from .modeling_x import ...``)."""
        return self.conditional_sibling_imports | _sibling_names(
            statement.node for statement in self.imports
        )

    @cached_property
    def conditional_sibling_imports(self) -> frozenset[str]:
        """Those of them that stand in an ``if`` block."""
        return _sibling_names(
            node
            for statement in self.imports
            if isinstance(statement.node, ast.If)
            for node in ast.walk(statement.node)
        )

    def binds(self, name: str) -> bool:
        """Whether a name is defined or imported at module level, under conditions too."""
        return (
            name in self.functions
            or name in self.classes
            or name in self.assignments
            or name in self._other_names
        )

    @cached_property
    def imported_names(self) -> frozenset[str]:
        """Names that any import of the file binds, inside blocks and functions too."""
        return frozenset(
            alias.asname or alias.name
            for node in ast.walk(self.source.tree)
            if isinstance(node, (ast.Import, ast.ImportFrom))
            for alias in node.names
        )

    @cached_property
    def _other_names(self) -> frozenset[str]:
        names: set[str] = set()
        for statement in self.statements:
            for top in statement.nodes:
                if isinstance(top, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                    continue
                for node in ast.walk(top):
                    if isinstance(node, (ast.Import, ast.ImportFrom)):
                        names.update(alias.asname or alias.name for alias in node.names)
                    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                        names.add(node.id)
                    elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                        names.add(node.name)
        return frozenset(names)


def _sibling_names(nodes: Iterable[ast.AST]) -> frozenset[str]:
    return frozenset(
        alias.name
        for node in nodes
        if isinstance(node, ast.ImportFrom) and node.level == 1 and node.module
        if "." not in node.module and type_of_module(node.module)
        for alias in node.names
    )


def build_index(source: Source, ignores: Ignores = NO_IGNORES) -> FileIndex:
    """Indexes a file, whose ignore comments were taken out. Raises ConversionError."""
    body = source.tree.body
    statements = split_block(source, body, -1, "")
    header_end = statements[0].first if statements else len(source.lines)
    header = without_lone_comments(source.block(0, header_end - 1))
    if statements:
        first = statements[0]
        statements[0] = Statement(first.nodes, first.first, first.first, first.last)

    functions: dict[str, Item] = {}
    classes: dict[str, Item] = {}
    assignments: dict[str, Item] = {}
    members: dict[str, tuple[str, ...]] = {}
    position: dict[str, int] = {}
    imports: list[Statement] = []
    special: dict[str, Item] = {}

    def record(group: dict[str, Item], item: Item) -> None:
        group[item.name] = item
        position.setdefault(item.name, len(position))

    for statement in statements:
        node = statement.node
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            record(functions, Item(node.name, "function", statement, source))
            _record_nested(source, node.body, lambda item: record(classes, item))
        elif isinstance(node, ast.ClassDef):
            record(classes, Item(node.name, "class", statement, source))
            _record_nested(source, node.body, lambda item: record(classes, item))
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            if statement.is_single:
                imports.append(statement)
        elif isinstance(node, ast.If):
            if any(isinstance(child, (ast.Import, ast.ImportFrom)) for child in node.body):
                imports.append(statement)
            _record_nested(source, [node], lambda item: record(classes, item))
        elif isinstance(node, ast.Assign) and statement.is_single and len(node.targets) == 1:
            target = node.targets[0]
            if isinstance(target, ast.Name):
                if target.id in ("__all__", "__getattr__"):
                    special[target.id] = Item(target.id, "assignment", statement, source)
                else:
                    record(assignments, Item(target.id, "assignment", statement, source))
            elif isinstance(target, (ast.Subscript, ast.Attribute)) and isinstance(
                target.value, ast.Name
            ):
                key = source.slice(target)
                record(assignments, Item(key, "assignment", statement, source))
                owner = target.value.id
                members[owner] = (*members.get(owner, ()), key)
        else:
            _record_nested(source, [node], lambda item: record(classes, item))
    return FileIndex(
        source=source,
        header=header,
        statements=tuple(statements),
        functions=functions,
        classes=classes,
        assignments=assignments,
        members=members,
        position=position,
        imports=tuple(imports),
        exports=special.get("__all__"),
        module_getattr=special.get("__getattr__"),
        ignores=ignores,
    )


def _record_nested(source: Source, body: list[ast.stmt], record: Callable[[Item], None]) -> None:
    """Records classes that are defined deeper than module level."""
    for statement in body:
        if isinstance(statement, ast.ClassDef):
            record(_nested_class(source, statement))
        for name in ("body", "orelse", "finalbody"):
            children = getattr(statement, name, None)
            if isinstance(children, list):
                _record_nested(source, children, record)
        for handler in getattr(statement, "handlers", ()):
            _record_nested(source, handler.body, record)


def _nested_class(source: Source, node: ast.ClassDef) -> Item:
    """The class as if it stood at module level, in a source of its own."""
    line = source.lines[node.lineno - 1]
    indent = line[: len(line) - len(line.lstrip())]
    first = first_line(node)
    lines = source.lines[first : node.end_lineno]
    text = "\n".join(line.removeprefix(indent) for line in lines) + "\n"
    own = Source(source.path, source.label, text, source.first_line + first)
    return Item(node.name, "class", split_block(own, own.tree.body, -1, "")[0], own)
