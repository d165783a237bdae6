"""What a conversion knows when it is done: the material that warnings are found in."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace

from modular_converter.library.imports import ImportNode
from modular_converter.library.index import FileIndex, Item
from modular_converter.library.library_reader import LibraryReader
from modular_converter.library.modular_file import ParentImport
from modular_converter.merge.nodes import Fragment, Node, Origin
from modular_converter.names.renamer import DISTRIBUTION, Renamer


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
class Output:
    """An output before formatting: ``text`` is all of it, ``module`` its name without `.py`."""

    module: str
    text: str
    imports: tuple[ImportNode, ...]
    nodes: tuple[Node, ...]

    @property
    def name(self) -> str:
        """The name of the file."""
        return f"{self.module}.py"

    def at(self, line: int) -> tuple[Node | None, Origin | None]:
        """The node of a line (from 1) and the place that the line stems from."""
        body = sum(node.text.count("\n") for node in self.nodes)
        first = self.text.count("\n") - body + 1
        for node in self.nodes:
            for fragment in node.fragments:
                after = first + fragment.text.count("\n")
                if first <= line < after:
                    origin = fragment.origin
                    return node, replace(origin, line=origin.line + line - first)
                first = after
        return None, None


@dataclass(frozen=True, eq=False)
class ConversionFacts:
    """A finished conversion. ``nodes`` are those of all outputs; one may occur in several.

    ``own_module`` gives the names that a module of the model itself binds; None if there is none.
    ``library`` reads the modules that the outputs import from the library around them, whose
    ``package`` theirs is in. ``corrects`` is as in the context.
    """

    index: FileIndex
    parents: tuple[UsedParent, ...]
    merged: tuple[MergedClass, ...]
    nodes: tuple[Node, ...]
    outputs: tuple[Output, ...]
    own_module: Callable[[str], Collection[str] | None]
    library: LibraryReader
    package: str
    corrects: bool

    def is_of_library(self, module: str) -> bool:
        """Whether a dotted name is one of the library that the outputs or their parents are of."""
        top = module.partition(".")[0]
        return top in (self.package.partition(".")[0], DISTRIBUTION)

    def inherited(self) -> Iterator[tuple[Node, Fragment]]:
        """Every piece of the outputs that was renamed, with its node."""
        for node in self.nodes:
            for fragment in node.fragments:
                if fragment.origin.renames:
                    yield node, fragment
