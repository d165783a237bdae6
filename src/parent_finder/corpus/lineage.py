"""Who inherits from whom in a library, by what its modular files say."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from parent_finder.corpus.index import Index


@dataclass(frozen=True)
class Lineage:
    """Parents of classes and of models. Classes are numbered as in the index's class table."""

    index: Index

    @cached_property
    def class_numbers(self) -> dict[tuple[str, str], int]:
        """The class of each (path of its file, name)."""
        table, paths = self.index.tables["class"], self.index.paths
        return {(paths[table.files[n]], unit.name): n for n, unit in enumerate(table.units)}

    @cached_property
    def expected(self) -> dict[str, dict[str, frozenset[int]]]:
        """For each modular file's modeling file the parents of its classes, both still there."""
        found: dict[str, dict[str, frozenset[int]]] = {}
        for modular, parents in self.index.parents.items():
            directory, _, name = modular.rpartition("/")
            path = f"{directory}/{name.replace('modular_', 'modeling_', 1)}"
            models = directory.rpartition("/")[0]
            for one in parents:
                parent = self.class_numbers.get((f"{models}/{one.model}/{one.file}", one.parent))
                if parent is not None and (path, one.child) in self.class_numbers:
                    own = found.setdefault(path, {})
                    own[one.child] = own.get(one.child, frozenset()) | {parent}
        return found

    @cached_property
    def class_parents(self) -> dict[int, frozenset[int]]:
        """The parents of each class that a modular file describes."""
        return {
            self.class_numbers[path, child]: parents
            for path, own in self.expected.items()
            for child, parents in own.items()
        }

    @cached_property
    def model_parents(self) -> dict[str, frozenset[str]]:
        """The models that each modular model inherits from."""
        models = dict(zip(self.index.paths, self.index.models, strict=True))
        files = self.index.tables["class"].files
        found: dict[str, frozenset[str]] = {}
        for path, own in self.expected.items():
            parents = {self.index.models[files[p]] for some in own.values() for p in some}
            found[models[path]] = found.get(models[path], frozenset()) | parents
        return found

    @cached_property
    def model_children(self) -> dict[str, frozenset[str]]:
        """The models that inherit from each model."""
        found: dict[str, set[str]] = {}
        for child, parents in self.model_parents.items():
            for parent in parents:
                found.setdefault(parent, set()).add(child)
        return {parent: frozenset(children) for parent, children in found.items()}

    def descendants(self, model: str) -> frozenset[str]:
        """A model and all that inherit from it, however far away."""
        found, waiting = {model}, [model]
        while waiting:
            for child in self.model_children.get(waiting.pop(), ()):
                if child not in found:
                    found.add(child)
                    waiting.append(child)
        return frozenset(found)

    def with_ancestors(self, classes: frozenset[int]) -> frozenset[int]:
        """Classes and all that they inherit from, however far away."""
        found, waiting = set(classes), list(classes)
        while waiting:
            for parent in self.class_parents.get(waiting.pop(), ()):
                if parent not in found:
                    found.add(parent)
                    waiting.append(parent)
        return frozenset(found)
