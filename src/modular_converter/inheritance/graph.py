"""The graph of models: which model takes classes, functions and constants from which other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from modular_converter.convert.dependency_graph import find_cycles, reachable
from modular_converter.diagnostics.record import Diagnostic

ModelKind = Literal["generated", "hand-written", "missing"]


@dataclass(frozen=True)
class ModelFile:
    """A file of a model that others can inherit from."""

    file_type: str
    path: str
    is_generated: bool


@dataclass(frozen=True)
class Model:
    """A model with a modular file ("generated"), or one that is all written by hand.

    ``key`` is the path of the modular file or of the directory; for a model that is not found,
    the dotted package that was looked for. A generated model can have hand-written files too.
    All paths are as messages show them.
    """

    key: str
    name: str
    kind: ModelKind
    package: str
    files: tuple[ModelFile, ...] = ()


@dataclass(frozen=True)
class InheritedClass:
    """A class of the child (``line`` counts from 1) and the parent's class it inherits from."""

    name: str
    base: str
    line: int


@dataclass(frozen=True)
class InheritedFile:
    """What a child takes from one parent file, and the line of the import that says so."""

    path: str
    is_generated: bool
    line: int
    classes: tuple[InheritedClass, ...]
    # All imported names that are not bases: classes used as they are, functions, constants.
    names: tuple[str, ...]


@dataclass(frozen=True)
class Inheritance:
    """What one model takes from another, by their keys."""

    child: str
    parent: str
    files: tuple[InheritedFile, ...]

    @property
    def class_count(self) -> int:
        """How many classes of the child inherit from one of the parent."""
        return sum(len(file.classes) for file in self.files)


@dataclass(frozen=True)
class InheritanceGraph:
    """Models sorted by name, their inheritances, one cycle of each group that has any; findings.

    Cycles are lists of keys, each model followed by one that it takes a generated file from:
    with hand-written files in between, the order of conversion is clear.
    """

    models: tuple[Model, ...]
    edges: tuple[Inheritance, ...]
    cycles: tuple[tuple[str, ...], ...]
    findings: tuple[Diagnostic, ...] = ()

    def named(self, name: str) -> tuple[str, ...]:
        """The keys of the models with this name, else of those whose directory has it."""
        exact = tuple(model.key for model in self.models if model.name == name)
        return exact or tuple(
            model.key for model in self.models if model.package.rpartition(".")[2] == name
        )

    def around(
        self, keys: Iterable[str], up: int | None = None, down: int | None = None
    ) -> InheritanceGraph:
        """The part with these models, their ancestors and their descendants.

        ``up`` and ``down`` limit the number of generations; None is not a limit.
        """
        parents: dict[str, list[str]] = {}
        children: dict[str, list[str]] = {}
        for edge in self.edges:
            parents.setdefault(edge.child, []).append(edge.parent)
            children.setdefault(edge.parent, []).append(edge.child)
        starts = set(keys)
        kept = reachable(parents, starts, up) | reachable(children, starts, down)
        models = tuple(entry for entry in self.models if entry.key in kept)
        edges = tuple(entry for entry in self.edges if {entry.child, entry.parent} <= kept)
        return replace(self, models=models, edges=edges, cycles=cycles_of(models, edges))


def cycles_of(models: Iterable[Model], edges: Iterable[Inheritance]) -> tuple[tuple[str, ...], ...]:
    """One cycle of each group of models that has any, by keys in the order of ``models``."""
    parents: dict[str, list[str]] = {model.key: [] for model in models}
    for edge in edges:
        if any(file.is_generated for file in edge.files):
            parents[edge.child].append(edge.parent)
    return tuple(tuple(cycle) for cycle in find_cycles(parents))


def cycle_finding(cycle: Sequence[str], graph: InheritanceGraph) -> Diagnostic:
    """The error that a cycle is, at the import that leads to its second model."""
    edge = next(
        edge
        for edge in graph.edges
        if (edge.child, edge.parent) == (cycle[0], cycle[1 % len(cycle)])
    )
    trail = " -> ".join([*cycle, cycle[0]])
    return Diagnostic(
        "cycle",
        "error",
        cycle[0],
        next(file.line for file in edge.files if file.is_generated),
        0,
        f"modular files inherit from each other in a cycle: {trail}",
        "write the shared classes out in one of them",
    )
