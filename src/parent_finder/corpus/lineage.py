"""Who inherits from whom in a library, by its modular files and `Copied from` comments."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from parent_finder.corpus.index import Index
from rules_transformers_contract.file_types import MODULAR_PREFIX, split_name


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
        by_path: dict[str, dict[str, frozenset[int]]] = {}
        for modular, origins in self.index.origins.items():
            path = _modeling_path(modular)
            for parentage in origins.parents:
                parent = self.class_numbers.get((parentage.path, parentage.parent))
                if parent is not None and (path, parentage.child) in self.class_numbers:
                    by_class = by_path.setdefault(path, {})
                    by_class[parentage.child] = by_class.get(parentage.child, frozenset()) | {
                        parent
                    }
        return by_path

    @cached_property
    def class_parents(self) -> dict[int, frozenset[int]]:
        """The parents of each class that a modular file describes."""
        return {
            self.class_numbers[path, child]: parents
            for path, by_class in self.expected.items()
            for child, parents in by_class.items()
        }

    @cached_property
    def model_parents(self) -> dict[str, frozenset[str]]:
        """The models that each modular model inherits from."""
        models = dict(zip(self.index.paths, self.index.models, strict=True))
        files = self.index.tables["class"].files
        by_model: dict[str, frozenset[str]] = {}
        for path, by_class in self.expected.items():
            parents = {
                self.index.models[files[parent]]
                for numbers in by_class.values()
                for parent in numbers
            }
            by_model[models[path]] = by_model.get(models[path], frozenset()) | parents
        return by_model

    @cached_property
    def model_children(self) -> dict[str, frozenset[str]]:
        """The models that inherit from each model."""
        children: dict[str, set[str]] = {}
        for child, parents in self.model_parents.items():
            for parent in parents:
                children.setdefault(parent, set()).add(child)
        return {parent: frozenset(names) for parent, names in children.items()}

    @cached_property
    def dependents(self) -> dict[str, frozenset[str]]:
        """The models made from each model: by a modular file's imports, or by copied code.

        A modular file that imports only another model's configuration depends on it too: if the
        other one inherited from it in turn, neither could be generated.
        """
        models = dict(zip(self.index.paths, self.index.models, strict=True))
        dependents: dict[str, set[str]] = {}
        for path, origins in self.index.origins.items():
            child = models.get(_modeling_path(path))
            for origin in origins.paths:
                parent = models.get(_modeling_path(origin))
                if child and parent and child != parent:
                    dependents.setdefault(parent, set()).add(child)
        return {parent: frozenset(names) for parent, names in dependents.items()}

    def descendants(self, model: str) -> frozenset[str]:
        """A model and all that are made from it, however far away."""
        seen, waiting = {model}, [model]
        while waiting:
            for child in self.dependents.get(waiting.pop(), ()):
                if child not in seen:
                    seen.add(child)
                    waiting.append(child)
        return frozenset(seen)

    def with_ancestors(self, classes: frozenset[int]) -> frozenset[int]:
        """Classes and all that they inherit from, however far away."""
        seen, waiting = set(classes), list(classes)
        while waiting:
            for parent in self.class_parents.get(waiting.pop(), ()):
                if parent not in seen:
                    seen.add(parent)
                    waiting.append(parent)
        return frozenset(seen)


def _modeling_path(path: str) -> str:
    """The modeling file of the model that a file of any type belongs to."""
    directory, slash, name = path.rpartition("/")
    parts = split_name(name)
    model_file = parts[1] if parts else name.removeprefix(MODULAR_PREFIX)
    return f"{directory}{slash}modeling_{model_file}"
