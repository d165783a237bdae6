"""A library whose models are candidates, and what is known when a file's parents are looked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from parent_finder.core import model_names
from parent_finder.core.releases import Releases
from parent_finder.corpus.index import KINDS, Index
from parent_finder.corpus.lineage import Lineage
from parent_finder.corpus.units import Kind
from parent_finder.ranking.comparison import ModelUnits


@dataclass(frozen=True)
class Situation:
    """What is known when the question is asked.

    ``model`` is the file's model, ``release`` the position of its release; ``allowed`` says of
    each of the library's models whether it may be a parent.
    """

    model: str
    release: int
    allowed: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class ReferenceLibrary:
    """An index with what model ranking needs to know of it once."""

    index: Index
    releases: Releases

    @cached_property
    def lineage(self) -> Lineage:
        """Who inherits from whom."""
        return Lineage(self.index)

    @cached_property
    def models(self) -> tuple[str, ...]:
        """All models, in order of name."""
        return tuple(sorted(set(self.index.models)))

    @cached_property
    def age(self) -> npt.NDArray[np.int64]:
        """The position of each model's release."""
        return np.array([self.releases.number(model) for model in self.models])

    @cached_property
    def by_model(self) -> dict[Kind, ModelUnits]:
        """Units grouped by model."""
        return {kind: ModelUnits.of(self.index, kind) for kind in KINDS}

    @cached_property
    def class_roles(self) -> npt.NDArray[np.str_]:
        """The role of each class."""
        return np.array([unit.role for unit in self.index.tables["class"].units], dtype=np.str_)

    @cached_property
    def class_children(self) -> dict[int, npt.NDArray[np.intp]]:
        """The models that inherit from each class that any inherits from."""
        owner = self.by_model["class"].owner
        children: dict[int, set[int]] = {}
        for child, parents in self.lineage.class_parents.items():
            for parent in parents:
                children.setdefault(parent, set()).add(int(owner[child]))
        return {n: np.array(sorted(models), dtype=np.intp) for n, models in children.items()}

    @cached_property
    def roles(self) -> tuple[frozenset[str], ...]:
        """The roles of each model's classes."""
        role_sets: list[set[str]] = [set() for _ in self.models]
        for unit, model in zip(
            self.index.tables["class"].units, self.by_model["class"].owner, strict=True
        ):
            role_sets[model].add(unit.role)
        return tuple(frozenset(roles) for roles in role_sets)

    @cached_property
    def method_models(self) -> dict[int, npt.NDArray[np.int32]]:
        """The models that have a method, by the method's digest."""
        table, owner = self.index.tables["method"], self.by_model["method"].owner
        pairs = np.unique(np.stack([table.rows, owner]), axis=1)
        starts = np.searchsorted(pairs[0], np.arange(len(table.digests) + 1))
        return {
            digest: pairs[1, starts[row] : starts[row + 1]]
            for row, digest in enumerate(table.digests.tolist())
        }

    @cached_property
    def class_names(self) -> dict[tuple[int, int], str]:
        """The name of each class by its file and its number among the file's units."""
        table = self.index.tables["class"]
        places = zip(table.files.tolist(), table.numbers.tolist(), strict=True)
        return {place: unit.name for place, unit in zip(places, table.units, strict=True)}

    def situation_of(self, model: str, path: str = "") -> Situation:
        """The situation of a new model's author: all models but itself and its descendants.

        ``path`` is that of the model's file. If it ends like the path of a file of the library,
        that is the model; else each model is that has this name.
        """
        hidden: frozenset[str] = frozenset()
        for own in self._own_models(model, path):
            hidden |= self.lineage.descendants(own)
        allowed = np.array([other not in hidden for other in self.models], dtype=bool)
        return Situation(model, len(self.releases.names), allowed)

    def _own_models(self, model: str, path: str) -> set[str]:
        files = list(zip(self.index.paths, self.index.models, strict=True))
        matches = [(len(p), name) for p, name in files if f"/{path}".endswith(f"/{p}")]
        if matches:
            return {max(matches)[1]}
        return {name for p, name in files if model in (name, model_names.model_of_file(p))}

    def situation_at_release(self, model: str) -> Situation:
        """As `situation_of`, when the model was published: without the models of later releases."""
        now = self.situation_of(model)
        release = self.releases.number(model)
        return Situation(model, release, now.allowed & (self.age <= release))


def children(library: ReferenceLibrary, situation: Situation) -> npt.NDArray[np.int64]:
    """How many of the models that may be known already inherit from each model."""
    known = {
        name for name, allowed in zip(library.models, situation.allowed, strict=True) if allowed
    }
    model_children = library.lineage.model_children
    return np.array(
        [len(model_children.get(model, frozenset()) & known) for model in library.models]
    )


def order(library: ReferenceLibrary, values: npt.NDArray[np.floating]) -> list[int]:
    """Models by score, then by release, then by name; those that are not allowed are left out."""
    numbers = [n for n in range(len(values)) if np.isfinite(values[n])]
    return sorted(numbers, key=lambda n: (-values[n], library.age[n], library.models[n]))
