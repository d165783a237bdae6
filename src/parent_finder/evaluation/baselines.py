"""Simpler rankers that the evaluation compares with the default one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from parent_finder.corpus.feature_matrix import Scores
from parent_finder.ranking import likelihood, reference_library, unit_candidates
from parent_finder.ranking.comparison import Comparison
from parent_finder.ranking.reference_library import ReferenceLibrary, Situation
from parent_finder.ranking.weights import Floats

# How many candidates of a class are looked at.
SHOWN = 5


@dataclass(frozen=True)
class Ranking:
    """Models by number, best first, and for each class position groups of equal classes."""

    models: list[int]
    classes: Callable[[int], list[tuple[int, ...]]]


@dataclass(frozen=True)
class Ranker:
    """A way to rank, by the name that tables show."""

    name: str
    rank: Callable[[ReferenceLibrary, Comparison, Situation], Ranking]


def _default(library: ReferenceLibrary, comparison: Comparison, situation: Situation) -> Ranking:
    scores = likelihood.scores(library, comparison, situation)

    def classes(position: int) -> list[tuple[int, ...]]:
        groups = unit_candidates.groups(library, comparison, situation, scores, "class", position)
        return [group.members for group in groups[:SHOWN]]

    return Ranking(reference_library.order(library, scores), classes)


def _by_class(
    library: ReferenceLibrary, situation: Situation, similarity: Scores, squared_sum: Floats
) -> Ranking:
    values = np.where(situation.allowed, squared_sum, -np.inf)
    table, owner = library.index.tables["class"], library.by_model["class"].owner
    possible = np.flatnonzero(situation.allowed[owner])
    rows = np.unique(table.rows[possible])

    def classes(position: int) -> list[tuple[int, ...]]:
        best = rows[np.argsort(-similarity[position][rows], kind="stable")[:SHOWN]]
        return [tuple(possible[table.rows[possible] == row].tolist()) for row in best]

    return Ranking(reference_library.order(library, np.round(values, 6)), classes)


def _cosine(library: ReferenceLibrary, comparison: Comparison, situation: Situation) -> Ranking:
    similarity = comparison.cosine["class"]
    best = library.by_model["class"].best(comparison.of_units("class"))
    return _by_class(library, situation, similarity, (best.astype(np.float64) ** 2).sum(axis=0))


def _jaccard(library: ReferenceLibrary, comparison: Comparison, situation: Situation) -> Ranking:
    table = library.index.tables["class"]
    similarity = table.matrix.jaccard(comparison.queries["class"].features)
    best = library.by_model["class"].best(similarity[:, table.rows])
    return _by_class(library, situation, similarity, (best.astype(np.float64) ** 2).sum(axis=0))


def _popular(library: ReferenceLibrary, _: Comparison, situation: Situation) -> Ranking:
    return Ranking(
        reference_library.order(
            library,
            np.where(situation.allowed, reference_library.children(library, situation), -np.inf),
        ),
        lambda _: [],
    )


RANKERS = (
    Ranker("most inherited from", _popular),
    Ranker("Jaccard of identifiers", _jaccard),
    Ranker("TF-IDF cosine", _cosine),
    Ranker("parent_finder", _default),
)
