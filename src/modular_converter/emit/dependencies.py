"""Which other objects a class brings into its file, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from modular_converter.library.index import Item
from modular_converter.merge.nodes import Node
from modular_converter.parents.renamed_view import View

_NOWHERE = 10**9
TypeOf = Callable[[str], str]


@dataclass(frozen=True, eq=False)
class TargetFile:
    """The file that a class goes to: what is in it so far, and which names it imports."""

    file_type: str
    written: Collection[str]
    imported: Collection[str]
    type_of: TypeOf
    # Whether the file defines the keyword arguments of image processors that its parent defines.
    keeps_kwargs: bool = False
    # Whether a class brings in what the modular file's own classes need in the parent's file.
    looks_into_own_classes: bool = False

    def sibling_imports(
        self, names: set[str], view: View, modular: View | None = None
    ) -> dict[str, str]:
        """The classes among ``names`` that belong to another file, with that file's type.

        ``view`` is that of a parent, whose classes those of ``modular`` precede.
        """
        kept: set[str] = set()
        if self.keeps_kwargs and modular is not None:
            kept = {name for name in view.classes if name.endswith("ImageProcessorKwargs")}
            kept -= modular.classes.keys()
        return {
            name: self.type_of(name)
            for name in sorted(names - kept)
            if view.entry(name).kind == "class" and self.type_of(name) != self.file_type
        }


def extras_of_merged_class(
    node: Node,
    view: View,
    modular: View,
    target: TargetFile,
) -> tuple[list[str], dict[str, str]]:
    """(names to write before a merged class, classes to import with their file types)."""
    start = {
        word
        for word in node.identifiers
        if view.has(word) and word != node.name and word not in target.imported
    }
    start = view.augmented(start)
    imports = target.sibling_imports(start, view, modular)
    start -= imports.keys()
    if not target.looks_into_own_classes:
        start -= modular.classes.keys()
    needed: set[str] = set()
    queue = sorted(start)
    done = set(target.written)
    while queue:
        name = queue.pop()
        if name in done:
            continue
        done.add(name)
        needed.add(name)
        if name in view.classes:
            queue.extend(view.class_dependencies(name))
    ordered = _merged_order(needed, view, modular)
    return [name for name in ordered if name not in modular.classes], imports


def _merged_order(needed: set[str], view: View, modular: View) -> list[str]:
    """The names in the order in which transformers' converter (5.0 to 5.24) writes them.

    Each class follows what it depends on; what no class needs comes last.
    """
    position = view.position
    own = modular.index.position
    remaining = set(needed)
    ordered: list[str] = []

    def take(names: list[str]) -> None:
        for name in names:
            remaining.discard(name)
            ordered.append(name)

    def by_position(names: set[str]) -> list[str]:
        return sorted(sorted(names, reverse=True), key=lambda name: position.get(name, _NOWHERE))

    classes = sorted(
        (name for name in needed if name in view.classes), key=lambda name: position[name]
    )
    for class_name in classes:
        dependencies = view.class_dependencies(class_name) & remaining
        placed = {name for name in dependencies if name in position}
        merged = dependencies - placed
        take(by_position(placed))
        take(sorted(merged, key=lambda name: (own.get(name, _NOWHERE), name)))
        if class_name in remaining:
            take([class_name])
    authored = {name for name in remaining if name in own}
    take(by_position(remaining - authored))
    take(sorted(authored, key=lambda name: own[name]))
    return ordered


def extras_of_free_class(
    item: Item,
    modular: View,
    added_from: dict[str, str],
    parents: dict[str, View],
    target: TargetFile,
) -> tuple[list[str], dict[str, str]]:
    """(names to write before a class without parent, classes to import with their types)."""
    names = {
        word
        for word in item.identifiers
        if word in modular.known and word != item.name and word not in target.imported
    }
    names = modular.augmented(names)
    imports = target.sibling_imports(names, modular)
    names -= imports.keys()

    grouped: dict[str, list[str]] = {}
    own = []
    for name in sorted(names):
        if name in added_from:
            grouped.setdefault(added_from[name], []).append(name)
        else:
            own.append(name)
    ordered: list[str] = []
    for path, members in grouped.items():
        position = parents[path].position
        ordered += sorted(members, key=lambda name: position.get(name, _NOWHERE))
    ordered += sorted(own, key=lambda name: modular.index.position[name])
    return [name for name in ordered if name not in target.written], imports
