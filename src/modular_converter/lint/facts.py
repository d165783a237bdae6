"""What a conversion knows when it is done: the material that warnings are found in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from modular_converter.library.index import FileIndex, Item
from modular_converter.library.modular_file import ParentImport
from modular_converter.merge.nodes import Fragment, Node
from modular_converter.names.renamer import Renamer


@dataclass(frozen=True, eq=False)
class UsedParent:
    """A parent file, the first import that names it and how it was renamed."""

    imported: ParentImport
    index: FileIndex
    renamer: Renamer


@dataclass(frozen=True, eq=False)
class MergedClass:
    """A modular class, its parent class and the renaming of the parent class's text."""

    item: Item
    parent_item: Item
    parent: UsedParent
    rename: Callable[[str], str]


@dataclass(frozen=True, eq=False)
class ConversionFacts:
    """A finished conversion. ``nodes`` are those of all outputs; one may occur in several."""

    index: FileIndex
    parents: tuple[UsedParent, ...]
    merged: tuple[MergedClass, ...]
    nodes: tuple[Node, ...]

    def inherited(self) -> Iterator[tuple[Node, Fragment]]:
        """Every piece of the outputs that was renamed, with its node."""
        for node in self.nodes:
            for fragment in node.fragments:
                if fragment.origin.renames:
                    yield node, fragment
