"""Which classes, methods and functions of a library are candidates for one of a file's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from parent_finder.corpus.units import CodeUnit, Kind
from parent_finder.ranking.comparison import Comparison
from parent_finder.ranking.reference_library import ReferenceLibrary, Situation
from parent_finder.ranking.weights import Floats

# Chosen by `tuning` on models that are in release 5.8.0.
SIMILAR, NAMESAKE, MODEL = 9.0, 3.0, 1.0

# A cosine from here on is that of equal code.
_EQUAL = 0.9999
# Groups of equal code with the highest cosine that are looked at.
_LOOKED_AT = 60
# Shorter names without the model's say too little.
_LEAST_ROLE = 4


@dataclass(frozen=True)
class Group:
    """Units of equal code, the one to inherit from first.

    ``members`` are numbers of units in the table of their kind; ``cosine`` is 1 for equal code;
    ``namesake`` says that one is called like the file's unit, ``model`` is the best score of the
    models that have one.
    """

    members: tuple[int, ...]
    cosine: float
    namesake: bool
    model: float

    def score(self, similar: float, namesake: float, model: float) -> float:
        """What orders groups: higher is better."""
        value = similar * self.cosine + namesake * self.namesake + model * self.model
        return round(value, 6)


def groups(
    library: ReferenceLibrary,
    comparison: Comparison,
    situation: Situation,
    model_scores: Floats,
    kind: Kind,
    position: int,
) -> list[Group]:
    """The candidates for the unit at a position of the file's units of a kind, best first."""
    table = library.index.tables[kind]
    if not len(table.units):
        return []
    cosine = comparison.cosine[kind][position]
    owner = library.by_model[kind].owner
    possible = np.flatnonzero(situation.allowed[owner])
    rows = np.unique(table.rows[possible])
    if len(rows) > _LOOKED_AT:
        least = np.partition(cosine[rows], -_LOOKED_AT)[-_LOOKED_AT]
        rows = rows[cosine[rows] >= least]
    members: dict[int, list[int]] = {row: [] for row in rows.tolist()}
    for number in possible[np.isin(table.rows[possible], rows)].tolist():
        members[int(table.rows[number])].append(number)
    unit = comparison.queries[kind].units[position]
    candidates = []
    for row, numbers in members.items():
        namesake = any(_namesakes(unit, table.units[number]) for number in numbers)
        model = max(model_scores[owner[number]] for number in numbers)
        ordered = tuple(root_first(library, kind, numbers, model_scores))
        candidates.append(Group(ordered, round(float(cosine[row]), 4), namesake, float(model)))
    return ordered_groups(candidates, SIMILAR, NAMESAKE, MODEL)


def ordered_groups(
    candidates: list[Group], similar: float, namesake: float, model: float
) -> list[Group]:
    """Equal code first, then by score."""

    def place(group: Group) -> tuple[bool, float, float, tuple[int, ...]]:
        score = group.score(similar, namesake, model)
        return group.cosine < _EQUAL, -score, -group.cosine, group.members

    return sorted(candidates, key=place)


def _namesakes(unit: CodeUnit, other: CodeUnit) -> bool:
    if unit.kind != "class":
        return unit.name == other.name
    return len(other.role) >= _LEAST_ROLE and unit.name.endswith(other.role)


def root_first(
    library: ReferenceLibrary, kind: Kind, numbers: list[int], model_scores: Floats
) -> list[int]:
    """Units that inherit from no other of them first, then by model, then by release."""
    table = library.index.tables[kind]
    owner = library.by_model[kind].owner
    models = {library.models[owner[number]] for number in numbers}

    def rank(number: int) -> tuple[bool, float, int, str, int]:
        model = library.models[owner[number]]
        if kind == "class":
            parents = library.lineage.class_parents.get(number, frozenset())
            derived = not parents.isdisjoint(numbers)
        else:
            parents_of = library.lineage.model_parents.get(model, frozenset())
            derived = not parents_of.isdisjoint(models)
        path = library.index.paths[table.files[number]]
        score = float(model_scores[owner[number]])
        return derived, -score, int(library.age[owner[number]]), path, number

    return sorted(numbers, key=rank)


def best_in_models(
    library: ReferenceLibrary, comparison: Comparison, models: list[int], position: int
) -> dict[int, int]:
    """The class of each of some models that is most like the file's class at a position."""
    table, owner = library.index.tables["class"], library.by_model["class"].owner
    unit = comparison.queries["class"].units[position]
    best_of = {}
    for model in models:
        numbers: npt.NDArray[np.intp] = np.flatnonzero(owner == model)
        values = comparison.cosine["class"][position][table.rows[numbers]]
        if len(numbers):
            best = max(
                zip(values.tolist(), numbers.tolist(), strict=True),
                key=lambda pair: (pair[0], _namesakes(unit, table.units[pair[1]]), -pair[1]),
            )
            best_of[model] = best[1]
    return best_of
