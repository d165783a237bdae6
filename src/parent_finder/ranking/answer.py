"""The answer to `rank`: candidates for each unit of a file, and its plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from parent_finder.corpus.source_file import SourceFile
from parent_finder.corpus.units import CodeUnit, Kind
from parent_finder.ranking import (
    comparison,
    likelihood,
    model_evidence,
    plan,
    reference_library,
    unit_candidates,
)
from parent_finder.ranking.comparison import Comparison
from parent_finder.ranking.reference_library import ReferenceLibrary, Situation

# A file is like nothing in the library when models have less than this share of its methods'
# tokens unchanged. Chosen on models that are in release 5.8.0, for false alarms at one in ten
# files that were written without another model's code; `evaluate` reports the rates.
NOTHING_SIMILAR = 0.24


@dataclass(frozen=True)
class Candidate:
    """A group of equal code, by the unit of it to inherit from."""

    model: str
    path: str
    line: int
    name: str
    owner: str
    similarity: float
    equal: int


@dataclass(frozen=True)
class UnitAnswer:
    """A unit of the file with its candidates, best first; `owner` is a method's class."""

    kind: Kind
    name: str
    owner: str
    line: int
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True)
class ModelAnswer:
    """A model with its score (0 is best) and the share of the file that it covers."""

    model: str
    score: float
    covered: float


@dataclass(frozen=True)
class Answer:
    """All that `rank` says.

    ``known`` is the share of the file that models have unchanged; ``plan`` is None when that is
    too little to call anything similar.
    """

    path: str
    model: str
    lines: int
    known: float
    models: tuple[ModelAnswer, ...]
    units: tuple[UnitAnswer, ...]
    plan: plan.Plan | None


Refinement = Callable[[Comparison, Situation], Comparison]


def answer(
    library: ReferenceLibrary, source: SourceFile, top: int, refine: Refinement | None = None
) -> Answer:
    """Ranks the library's models and units for a file, with `top` candidates each.

    ``refine`` may change how alike classes are, before anything is ranked.
    """
    situation = library.situation_of(source.model)
    compared = comparison.compare(library.index, source)
    if refine is not None:
        compared = refine(compared, situation)
    covered = model_evidence.coverage(library, compared, situation)
    scores = likelihood.scores(library, compared, situation)
    ranked = reference_library.order(library, scores)
    units = []
    for kind, queries in compared.queries.items():
        for position, (unit, number) in enumerate(zip(queries.units, queries.numbers, strict=True)):
            found = unit_candidates.groups(library, compared, situation, scores, kind, position)
            owner = source.units[unit.owner].name if unit.owner >= 0 else ""
            shown = tuple(_candidate(library, kind, group) for group in found[:top])
            units.append((number, UnitAnswer(kind, unit.name, owner, unit.first_line, shown)))
    known = known_share(library, compared, situation)
    similar = bool(ranked) and known >= NOTHING_SIMILAR
    return Answer(
        path=source.path,
        model=source.model,
        lines=source.lines,
        known=round(known, 3),
        models=tuple(
            ModelAnswer(library.models[n], round(float(scores[n]), 3), round(float(covered[n]), 3))
            for n in ranked[:top]
        ),
        units=tuple(one for _, one in sorted(units, key=lambda pair: pair[0])),
        plan=plan.make(library, compared, situation, scores, source.lines) if similar else None,
    )


def known_share(library: ReferenceLibrary, compared: Comparison, situation: Situation) -> float:
    """The share of the methods' tokens that any allowed model has unchanged.

    A file without methods is judged by its classes.
    """
    kinds: tuple[Kind, ...] = ("method", "class")
    for kind in kinds:
        table = library.index.tables[kind]
        possible = situation.allowed[library.by_model[kind].owner]
        digests = set(table.digests[np.unique(table.rows[possible])].tolist())
        found = compared.queries[kind].features
        total = sum(one.size for one in found)
        if total:
            return sum(one.size for one in found if one.digest in digests) / total
    return 0.0


def _candidate(library: ReferenceLibrary, kind: Kind, group: unit_candidates.Group) -> Candidate:
    table = library.index.tables[kind]
    number = group.members[0]
    unit: CodeUnit = table.units[number]
    return Candidate(
        model=library.index.models[table.files[number]],
        path=library.index.paths[table.files[number]],
        line=unit.first_line,
        name=unit.name,
        owner=owner_name(library, number) if kind == "method" else "",
        similarity=group.cosine,
        equal=len(group.members),
    )


def owner_name(library: ReferenceLibrary, method: int) -> str:
    """The name of a library method's class."""
    table = library.index.tables["method"]
    return library.class_names[int(table.files[method]), table.units[method].owner]
