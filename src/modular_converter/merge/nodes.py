"""The emitted pieces of a standalone file, each knowing where it comes from."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from modular_converter.library.index import Item, ItemKind
from modular_converter.names.renamer import Renamer
from modular_converter.syntax.statements import parsed_statements
from modular_converter.syntax.tokens import code_only, identifiers_in
from modular_converter.syntax.written_class import WrittenClass

# The first one that applies to a text renames all of it, a second one strings and comments: where a
# class has another prefix than its file, as in transformers' converter (5.0 to 5.24).
Rename = Renamer


# Not frozen, which takes three times as long to make: there are hundreds for each model.
@dataclass
class Origin:
    """A place in a modular or parent file (line from 1) and the renames applied to its text."""

    path: str
    line: int
    renames: tuple[Rename, ...] = ()


@dataclass
class Fragment:
    """Whole lines of output that stem from consecutive lines of one file.

    A header or docstring that is put together from a modular's and a parent's has the parent's as
    ``second``.
    """

    text: str
    origin: Origin
    second: Origin | None = None


@dataclass(frozen=True, eq=False)
class Node:
    """A top-level class, function or assignment to be written."""

    name: str
    kind: ItemKind | Literal["export"]
    fragments: tuple[Fragment, ...]

    @cached_property
    def text(self) -> str:
        """Its text with the blank lines and comments above it."""
        return "".join(fragment.text for fragment in self.fragments)

    @cached_property
    def code(self) -> str:
        """Its text without strings and comments."""
        return code_only(self.text)

    @cached_property
    def identifiers(self) -> frozenset[str]:
        """Every identifier in its code, attribute and keyword names included."""
        return identifiers_in(self.code)

    @cached_property
    def statements(self) -> list[ast.stmt]:
        """Its text as statements."""
        return parsed_statements(self.text)

    @cached_property
    def written_class(self) -> WrittenClass:
        """Its text as that of a class."""
        assert self.kind == "class"
        return WrittenClass(self.text)


def node_of_item(item: Item, name: str, renamer: Renamer | None) -> Node:
    """An item as written in its file, renamed when it is a parent's."""
    source = item.source
    lead, text = item.lead, item.text
    renames: tuple[Rename, ...] = ()
    if renamer is not None:
        lead, text = renamer.code(lead), renamer.code(text)
        renames = (renamer,)
    base = source.first_line + 1
    fragments = []
    if lead:
        fragments.append(Fragment(lead, Origin(source.label, base + item.statement.lead, renames)))
    fragments.append(Fragment(text, Origin(source.label, base + item.statement.first, renames)))
    return Node(name, item.kind, tuple(fragments))
