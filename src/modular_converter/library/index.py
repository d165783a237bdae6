"""What a model file defines: found once per file content with ``ast`` and line numbers."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from modular_converter.conventions.file_types import type_of_module
from modular_converter.library.imports import ImportNode, read_imports
from modular_converter.syntax.definitions import ClassParts, split_class
from modular_converter.syntax.nodes import nodes_within
from modular_converter.syntax.source import Source
from modular_converter.syntax.statements import (
    COMPOUND,
    FUNCTIONS,
    Statement,
    dedented,
    holds_imports,
    split_block,
    statements_within,
)
from modular_converter.syntax.suppressions import NO_IGNORES, Ignores, without_lone_comments
from modular_converter.syntax.tokens import identifiers
from modular_converter.syntax.unread_bodies import is_unread

ItemKind = Literal["function", "class", "assignment"]

_INDENTED_FROM = re.compile(r"\n[ \t]+from[ \t.]")


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
    def import_nodes(self) -> tuple[ImportNode, ...]:
        """The imports at module level, as data."""
        return tuple(read_imports(self.source, self.imports))

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
            for node in nodes_within(statement.node)
        )

    @cached_property
    def from_imports(self) -> tuple[tuple[ast.ImportFrom, bool], ...]:
        """Every ``from`` import of the file, and whether it stands alone at module level."""
        top = {id(statement.node) for statement in self.imports if statement.is_single}
        imports = [
            (statement.node, True)
            for statement in self.imports
            if isinstance(statement.node, ast.ImportFrom)
        ]
        if _INDENTED_FROM.search(self.source.text):
            imports += [
                (node, False)
                for node in self._statements_within()
                if isinstance(node, ast.ImportFrom) and id(node) not in top
            ]
        return tuple(imports)

    @cached_property
    def imports_of(self) -> dict[str, list[ast.ImportFrom]]:
        """The ``from`` imports that bind each name."""
        imports: dict[str, list[ast.ImportFrom]] = {}
        for node, _ in self.from_imports:
            for alias in node.names:
                imports.setdefault(alias.asname or alias.name, []).append(node)
        return imports

    def binds(self, name: str) -> bool:
        """Whether a name is defined or imported at module level, under conditions too."""
        return (
            name in self.functions
            or name in self.classes
            or name in self.assignments
            or name in self._other_names
        )

    @cached_property
    def bound_names(self) -> frozenset[str]:
        """Names defined or imported at module level, under conditions too."""
        return frozenset({*self.functions, *self.classes, *self.assignments}) | self._other_names

    @cached_property
    def imported_names(self) -> frozenset[str]:
        """Names that any import of the file binds, inside blocks and functions too."""
        return frozenset(
            alias.asname or alias.name
            for node in self._statements_within()
            if isinstance(node, (ast.Import, ast.ImportFrom))
            for alias in node.names
        )

    def _statements_within(self) -> Iterator[ast.stmt]:
        """All statements but those that hold neither imports nor classes."""
        return statements_within(self.source.tree.body, enters=lambda node: not is_unread(node))

    @cached_property
    def _other_names(self) -> frozenset[str]:
        names: set[str] = set()
        for statement in self.statements:
            for top in statement.nodes:
                if isinstance(top, (*FUNCTIONS, ast.ClassDef)):
                    continue
                for node in nodes_within(top):
                    if isinstance(node, (ast.Import, ast.ImportFrom)):
                        names.update(alias.asname or alias.name for alias in node.names)
                    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                        names.add(node.id)
                    elif isinstance(node, (*FUNCTIONS, ast.ClassDef)):
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
    statements = split_block(source, source.tree.body, -1, "")
    header_end = statements[0].first if statements else len(source.lines)
    if statements:
        first = statements[0]
        statements[0] = Statement(first.nodes, first.first, first.first, first.last)
    content = _Content(source)
    for statement in statements:
        content.add(statement)
    return FileIndex(
        source=source,
        header=without_lone_comments(source.block(0, header_end - 1)),
        statements=tuple(statements),
        functions=content.functions,
        classes=content.classes,
        assignments=content.assignments,
        members=content.members,
        position=content.position,
        imports=tuple(content.imports),
        exports=content.special.get("__all__"),
        module_getattr=content.special.get("__getattr__"),
        ignores=ignores,
    )


class _Content:
    """The items of a file, collected statement by statement."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.functions: dict[str, Item] = {}
        self.classes: dict[str, Item] = {}
        self.assignments: dict[str, Item] = {}
        self.members: dict[str, tuple[str, ...]] = {}
        self.position: dict[str, int] = {}
        self.imports: list[Statement] = []
        self.special: dict[str, Item] = {}

    def add(self, statement: Statement) -> None:
        """Records what a top-level statement defines."""
        node = statement.node
        if isinstance(node, FUNCTIONS):
            self._record(self.functions, Item(node.name, "function", statement, self.source))
            self._add_nested([] if is_unread(node) else node.body)
        elif isinstance(node, ast.ClassDef):
            self._record(self.classes, Item(node.name, "class", statement, self.source))
            self._add_nested([] if is_unread(node) else node.body)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            if statement.is_single:
                self.imports.append(statement)
        elif isinstance(node, ast.If):
            if holds_imports(node):
                self.imports.append(statement)
            self._add_nested([node])
        elif isinstance(node, ast.Assign) and statement.is_single and len(node.targets) == 1:
            self._add_assignment(statement, node.targets[0])
        else:
            self._add_nested([node])

    def _record(self, group: dict[str, Item], item: Item) -> None:
        group[item.name] = item
        self.position.setdefault(item.name, len(self.position))

    def _add_assignment(self, statement: Statement, target: ast.expr) -> None:
        if isinstance(target, ast.Name):
            item = Item(target.id, "assignment", statement, self.source)
            if target.id in ("__all__", "__getattr__"):
                self.special[target.id] = item
            else:
                self._record(self.assignments, item)
        elif isinstance(target, (ast.Subscript, ast.Attribute)) and isinstance(
            target.value, ast.Name
        ):
            key = self.source.slice(target)
            self._record(self.assignments, Item(key, "assignment", statement, self.source))
            owner = target.value.id
            self.members[owner] = (*self.members.get(owner, ()), key)

    def _add_nested(self, body: list[ast.stmt]) -> None:
        """Records classes that are defined deeper than module level."""
        for statement in body:
            if not isinstance(statement, COMPOUND) or is_unread(statement):
                continue
            if isinstance(statement, ast.ClassDef):
                self._record(self.classes, _nested_class(self.source, statement))
            for name in ("body", "orelse", "finalbody"):
                children = getattr(statement, name, None)
                if isinstance(children, list):
                    self._add_nested(children)
            for handler in getattr(statement, "handlers", ()):
                self._add_nested(handler.body)


def _nested_class(source: Source, node: ast.ClassDef) -> Item:
    """The class as if it stood at module level, in a source of its own."""
    own = dedented(source, node)
    return Item(node.name, "class", split_block(own, own.tree.body, -1, "")[0], own)
