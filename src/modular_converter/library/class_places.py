"""Classes by name, as a file sees them: where they are defined and what they inherit from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from modular_converter.diagnostics.record import ConversionError
from modular_converter.library.index import FileIndex, Item
from modular_converter.library.library_reader import LibraryReader, absolute


@dataclass(frozen=True)
class Place:
    """A file that names classes, and the package that it is in."""

    index: FileIndex
    package: str
    library: LibraryReader

    def lookup(self, name: str) -> tuple[Item, Place] | None:
        """A class with the file that defines it; None if that is not there."""
        place: Place | None = self
        for _ in range(_LONGEST_CHAIN):
            if place is None:
                break
            item = place.index.classes.get(name)
            if item is not None:
                return item, place
            place = place._imported(name)
        return None

    def _imported(self, name: str) -> Place | None:
        for node in self.index.imports_of.get(name, ()):
            dotted = absolute(self.package, node.level, node.module or "")
            if path := self.library.path(dotted):
                try:
                    index = self.library.sources.index(path, late=True)
                except ConversionError:
                    return None
                return Place(index, self.library.package_of(dotted), self.library)
        return None

    def lineage(self, name: str) -> Iterator[tuple[str, Item | None]]:
        """A class and all that it inherits from, by name; without the class if it is not there."""
        pending = [(name, self)]
        seen: set[tuple[str, str]] = set()
        while pending:
            base, place = pending.pop()
            found = place.lookup(base)
            key = (found[1].index.source.path if found else "", base)
            if key in seen:
                continue
            seen.add(key)
            if found is None or (bases := _bases(found[0])) is None:
                yield base, None
                continue
            yield base, found[0]
            pending += [(further, found[1]) for further in bases]

    def inherits(self, name: str, base: str) -> bool:
        """Whether a class is known to inherit from a base of that name."""
        return any(further == base for further, _ in self.lineage(name)) and name != base


def _bases(item: Item) -> tuple[str, ...] | None:
    """The bases of a class; None if there is a syntax error in it, which others report."""
    try:
        return item.class_parts.bases
    except ConversionError:
        return None


# Of imports that hand a class on, which could form a circle.
_LONGEST_CHAIN = 20
