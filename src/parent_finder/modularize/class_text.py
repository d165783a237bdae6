"""A class as pieces of text: what a child of another class must repeat, and what it need not."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from modular_converter.library.index import Item
from modular_converter.merge.super_calls import is_docstring
from modular_converter.syntax.definitions import FunctionParts, split_function
from modular_converter.syntax.source import Source
from modular_converter.syntax.statements import Statement

INDENT = "    "


@dataclass(frozen=True, eq=False)
class Member:
    """An attribute or method. ``lead`` are the blank lines and comments above it."""

    name: str
    lead: str
    text: str
    source: Source
    statement: Statement

    def same_as(self, other: Member) -> bool:
        """Whether both are written alike, comments included."""
        return (self.lead.lstrip("\n"), self.text) == (other.lead.lstrip("\n"), other.text)

    @property
    def function(self) -> FunctionParts:
        """The pieces of a method."""
        node = self.statement.node
        assert isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        return split_function(self.source, node, INDENT)


@dataclass(frozen=True, eq=False)
class ClassText:
    """A class at module level.

    Methods that share a name (a property and its setter) have `name`, `name 2` and so on as keys.
    ``others`` counts members that are neither: a converter drops those of merged classes.
    ``lines`` are those that are not blank.
    """

    name: str
    lead: str
    decorators: tuple[str, ...]
    bases: tuple[str, ...]
    keywords: tuple[str, ...]
    docstring: str
    attributes: dict[str, Member]
    methods: dict[str, Member]
    others: int
    lines: int


def class_text(item: Item) -> ClassText:
    """Takes a class apart."""
    parts = item.class_parts
    source = parts.source
    docstring, others = "", 0
    attributes: dict[str, Member] = {}
    methods: dict[str, Member] = {}
    for statement in parts.statements:
        node = statement.node
        lead = "" if statement.inline else source.block(statement.lead, statement.first - 1)
        text = source.block(statement.first, statement.last)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            key, number = node.name, 2
            while key in methods:
                key, number = f"{node.name} {number}", number + 1
            methods[key] = Member(node.name, lead, text, source, statement)
        elif (name := _assigned(statement)) is not None:
            attributes[name] = Member(name, lead, text, source, statement)
        elif is_docstring(source, node):
            docstring += text
        elif not isinstance(node, ast.Pass):
            others += 1
    return ClassText(
        name=item.name,
        lead=item.lead.strip("\n"),
        decorators=parts.head.decorators,
        bases=parts.bases,
        keywords=parts.keywords,
        docstring=docstring,
        attributes=attributes,
        methods=methods,
        others=others,
        lines=sum(1 for line in item.text.split("\n") if line.strip()),
    )


def _assigned(statement: Statement) -> str | None:
    """The attribute that a member of a class body sets."""
    node = statement.node
    if not statement.is_single:
        return None
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return node.target.id
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        target = node.targets[0]
        return target.id if isinstance(target, ast.Name) else None
    return None
