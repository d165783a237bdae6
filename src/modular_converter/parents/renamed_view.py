"""A parent file as one modular sees it: renamed, with the modular's definitions laid over it.

Nothing is renamed as text here: names and identifier sets are mapped, items stay as they are.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass

from modular_converter.library.index import FileIndex, Item
from modular_converter.names.renamer import Renamer

# Assignments with such names are the modular file's, others the parent's: the list of transformers'
# converter (5.0 to 5.24).
_MODULAR_WINS = ("_CHECKPOINT", "_EXPECTED", "_FOR_DOC", "_HIDDEN_STATES_START_POSITION")


@dataclass(frozen=True, eq=False)
class Entry:
    """An item under its name in the view; ``renamer`` is None for the modular's own."""

    name: str
    item: Item
    renamer: Renamer | None

    @property
    def kind(self) -> str:
        """Function, class or assignment."""
        return self.item.kind

    def identifiers(self) -> Iterable[str]:
        """The identifiers of the item after renaming."""
        if self.renamer is None:
            return self.item.identifiers
        return map(self.renamer.word, self.item.identifiers)


def _unchanged(name: str, /) -> str:
    return name


class View:
    """Top-level names of a file, their dependencies and positions."""

    def __init__(self, index: FileIndex, renamer: Renamer | None) -> None:
        self.index = index
        self.renamer = renamer
        word, code = _unchanged, _unchanged
        if renamer is not None:
            word, code = renamer.word, renamer.code

        # Those of assignments are targets, such as `TABLE["key"]`.
        new = {name: word(name) for name in (*index.functions, *index.classes)}
        new |= {name: code(name) for name in index.assignments}

        def entries(group: dict[str, Item]) -> dict[str, Entry]:
            return {new[name]: Entry(new[name], item, renamer) for name, item in group.items()}

        self.functions = entries(index.functions)
        self.classes = entries(index.classes)
        self.assignments = entries(index.assignments)
        self.members = {
            word(owner): tuple(map(code, keys)) for owner, keys in index.members.items()
        }
        self.position: dict[str, int] = {}
        for name in index.position:
            self.position.setdefault(new[name], len(self.position))
        self.sibling_imports = frozenset(map(word, index.sibling_imports))
        self.conditional_siblings = frozenset(map(word, index.conditional_sibling_imports))
        self._immediate: dict[str, frozenset[str]] = {}
        self._closures: dict[str, frozenset[str]] = {}
        self._class_dependencies: dict[str, frozenset[str]] = {}
        self.known: dict[str, Entry] = {}
        self.overrides: dict[str, Entry] = {}
        self.override_closures: dict[str, frozenset[str]] = {}
        # Dependencies of imported objects, as the file that they come from knows them.
        self.supplied: dict[str, frozenset[str]] = {}
        self.refresh()

    def refresh(self) -> None:
        """Recomputes the known names after definitions were laid over the view."""
        self.known = {**self.assignments, **self.classes, **self.functions}
        self._immediate.clear()
        self._closures.clear()
        self._class_dependencies.clear()

    def entry(self, name: str) -> Entry:
        """What a name stands for when a merged class is written."""
        return self.overrides.get(name) or self.known[name]

    def has(self, name: str) -> bool:
        """Whether a merged class finds the name."""
        return name in self.known or name in self.overrides

    def immediate(self, name: str) -> frozenset[str]:
        """Known names that occur in a function or assignment."""
        known_names = self._immediate.get(name)
        if known_names is None:
            known = self.known
            entry = self.functions.get(name) or self.assignments.get(name)
            names = set()
            if name in self.supplied:
                names = {word for word in self.supplied[name] if word in known}
            elif entry is not None and (self.renamer is not None or entry.renamer is None):
                names = {word for word in entry.identifiers() if word in known}
                names.update(key for key in self.members.get(name, ()) if key in known)
                names.discard(name)
            known_names = self._immediate[name] = frozenset(names)
        return known_names

    def closure(self, name: str) -> frozenset[str]:
        """Everything a function or assignment depends on; classes are not looked into."""
        closed = self._closures.get(name)
        if closed is None:
            seen: set[str] = set()
            queue = [name]
            while queue:
                current = queue.pop()
                if current in self.functions or current in self.assignments:
                    for dependency in self.immediate(current):
                        if dependency not in seen:
                            seen.add(dependency)
                            queue.append(dependency)
            closed = self._closures[name] = frozenset(seen)
        return closed

    def class_dependencies(self, name: str) -> frozenset[str]:
        """What a class of this file needs, before imported helpers are laid over it."""
        dependencies = self._class_dependencies.get(name)
        if dependencies is None:
            entry = self.classes[name]
            names = {
                word
                for word in entry.identifiers()
                if word in self.known and word != name and word not in self.sibling_imports
            }
            closed = set(names)
            for dependency in names:
                if dependency in self.functions or dependency in self.assignments:
                    closed |= self.closure(dependency)
            dependencies = self._class_dependencies[name] = frozenset(closed)
        return dependencies

    def augmented(self, names: set[str]) -> set[str]:
        """``names`` with the closures of the functions and assignments among them."""
        closed = set(names)
        for name in names:
            override = self.override_closures.get(name)
            if override is not None:
                closed |= override
            elif name in self.functions or name in self.assignments:
                closed |= self.closure(name)
        return closed


def lay_over(view: View, modular: View) -> None:
    """Puts the modular's functions, some of its assignments and its new classes on a parent."""
    for name, entry in modular.functions.items():
        view.functions[name] = entry
    for name, entry in modular.assignments.items():
        if name not in view.assignments or _modular_wins(entry):
            view.assignments[name] = entry
            if name in modular.members:
                view.members[name] = modular.members[name]
    view.refresh()
    for name, entry in modular.classes.items():
        if name not in view.classes and name not in view.sibling_imports:
            view.known.setdefault(name, entry)


def _modular_wins(entry: Entry) -> bool:
    if any(part in entry.name for part in _MODULAR_WINS):
        return True
    if "_DOCSTRING" not in entry.name:
        return False
    node = entry.item.statement.node
    return not (isinstance(node, ast.Assign) and ast.unparse(node.value) == "None")
