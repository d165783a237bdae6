"""The answer to `rank`: candidates for each unit of a file, and its plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from parent_finder.corpus.source_file import SourceFile
from parent_finder.corpus.units import CodeUnit, Kind
from parent_finder.ranking import (
    comparison,
    confidence,
    likelihood,
    model_evidence,
    plan,
    reference_library,
    unit_candidates,
)
from parent_finder.ranking.comparison import Comparison
from parent_finder.ranking.confidence import FileEvidence, Verdict
from parent_finder.ranking.reference_library import ReferenceLibrary, Situation
from parent_finder.ranking.weights import FITTED, Floats, Weights


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
    """All that `rank` reports.

    ``probability`` is that of a person writing this file as a modular file, from ``evidence``;
    ``known`` is the share of its methods, by tokens, that models have unchanged.
    """

    path: str
    model: str
    lines: int
    generated_from: str
    probability: float
    verdict: Verdict
    known: float
    models: tuple[ModelAnswer, ...]
    units: tuple[UnitAnswer, ...]
    plan: plan.Plan


Refinement = Callable[[Comparison, Situation], Comparison]


@dataclass(frozen=True)
class Ranked:
    """The models ranked for a file, what follows for its classes, and how sure that is."""

    scores: Floats
    order: list[int]
    plan: plan.Plan
    evidence: FileEvidence

    @property
    def probability(self) -> float:
        """The probability that the file has a parent at all."""
        return confidence.FITTED.probability(self.evidence)


def rank(
    library: ReferenceLibrary,
    compared: Comparison,
    situation: Situation,
    lines: int,
    weights: Weights = FITTED,
) -> Ranked:
    """Ranks the library's models for a file of so many lines."""
    scores = likelihood.scores(library, compared, situation, weights)
    planned = plan.make(library, compared, scores, lines)
    evidence = confidence.file_evidence(library, compared, situation, planned)
    return Ranked(scores, reference_library.order(library, scores), planned, evidence)


def answer(
    library: ReferenceLibrary, source: SourceFile, top: int, refine: Refinement | None = None
) -> Answer:
    """Ranks the library's models and units for a file, with `top` candidates each.

    ``refine`` may change how similar classes are, before anything is ranked.
    """
    situation = library.situation_of(source.model, source.path)
    compared = comparison.compare(library.index, source)
    if refine is not None:
        compared = refine(compared, situation)
    covered = model_evidence.coverage(library, compared, situation)
    ranked = rank(library, compared, situation, source.lines)
    units = []
    for kind, queries in compared.queries.items():
        for position, (unit, number) in enumerate(zip(queries.units, queries.numbers, strict=True)):
            groups = unit_candidates.groups(
                library, compared, situation, ranked.scores, kind, position
            )
            owner = source.units[unit.owner].name if unit.owner >= 0 else ""
            candidates = tuple(_candidate(library, kind, group) for group in groups[:top])
            units.append((number, UnitAnswer(kind, unit.name, owner, unit.first_line, candidates)))
    return Answer(
        path=source.path,
        model=source.model,
        lines=source.lines,
        generated_from=source.generated_from,
        probability=round(ranked.probability, 3),
        verdict=confidence.verdict_of(ranked.probability) if ranked.order else "nothing",
        known=round(ranked.evidence.methods, 3),
        models=tuple(
            ModelAnswer(
                library.models[number],
                round(float(ranked.scores[number]), 3),
                round(float(covered[number]), 3),
            )
            for number in ranked.order[:top]
        ),
        units=tuple(unit for _, unit in sorted(units, key=lambda pair: pair[0])),
        plan=ranked.plan,
    )


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
