"""How likely each model is to be a parent: first for each class of a file, then for the file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from parent_finder.corpus.feature_matrix import Scores
from parent_finder.ranking import model_evidence
from parent_finder.ranking.comparison import Comparison
from parent_finder.ranking.reference_library import ReferenceLibrary, Situation
from parent_finder.ranking.weights import FITTED, NAMES, SOLE, Floats, Weights

# The most similar models that are candidates for a class, and how similar they have to be.
_CANDIDATES = 60
_LEAST_COSINE = 0.25
# Stands for no likelihood at all.
_NONE = 1e-9


@dataclass(frozen=True)
class ClassCandidates:
    """The models that may be the parent of the class at a position of the file's classes.

    ``evidence`` has a row for each of ``models`` and a column for each field of `Weights`.
    """

    position: int
    models: npt.NDArray[np.intp]
    evidence: Floats

    def likelihood(self, weights: Weights) -> Floats:
        """The probability of each model, if one of them is the parent."""
        values = self.evidence @ weights.array()
        raised: Floats = np.exp(values - values.max())
        shares: Floats = raised / raised.sum()
        return shares


def candidates(
    library: ReferenceLibrary, comparison: Comparison, situation: Situation
) -> Iterator[ClassCandidates]:
    """The candidates for each class of a file that has any."""
    cosines = comparison.of_units("class")
    if not cosines.size or not situation.allowed.any():
        return
    owner = library.by_model["class"].owner
    of_model = model_evidence.evidence(library, comparison, situation)
    children = np.log1p(class_children(library, situation))
    roles = library.class_roles
    cosines = np.where(situation.allowed[owner], cosines, 0)
    for position, unit in enumerate(comparison.queries["class"].units):
        cosine: Scores = cosines[position]
        most = cosine.max()
        if most < _LEAST_COSINE:
            continue
        namesake = roles == unit.role
        # Of classes that are as similar the namesake stands for its model, then the popular one.
        order = np.argsort(cosine + 1e-3 * namesake + 1e-4 * children, kind="stable")
        standing = np.zeros(len(library.models), dtype=np.intp)
        standing[owner[order]] = order
        best = cosine[standing]
        place = max(len(best) - _CANDIDATES, 0)
        least = max(_LEAST_COSINE, float(np.partition(best, place)[place]))
        models = np.flatnonzero((best >= least) & situation.allowed)
        chosen = standing[models]
        near = cosine[chosen] >= most - model_evidence.EQUAL
        columns = {
            "cosine": cosine[chosen],
            "closest": near,
            "children": children[chosen],
            "closest_children": children[chosen] * near,
            "namesake": namesake[chosen],
            **{name: column[models] for name, column in of_model.items()},
        }
        rows = np.stack([columns[name] for name in NAMES], axis=1).astype(np.float64)
        yield ClassCandidates(position, models, rows)


def class_children(library: ReferenceLibrary, situation: Situation) -> npt.NDArray[np.int64]:
    """How many of the models that may be known already inherit from each class."""
    count = np.zeros(len(library.index.tables["class"].units), dtype=np.int64)
    for number, models in library.class_children.items():
        count[number] = int(situation.allowed[models].sum())
    return count


def scores(
    library: ReferenceLibrary,
    comparison: Comparison,
    situation: Situation,
    weights: Weights = FITTED,
) -> Floats:
    """The score of each model, less the best one's: 0 is best, -inf is not allowed.

    It is the logarithm of the mean, over the file's classes, of the probability that the model is
    the parent of the class, and more if the model is alone in having a method unchanged. Among
    models that share most of the code, this says which of them the author had open.
    """
    classes = tuple(candidates(library, comparison, situation))
    sole = model_evidence.sole(library, comparison, situation)
    return model_scores(classes, sole, situation, weights)


def model_scores(
    classes: Sequence[ClassCandidates],
    sole: Floats,
    situation: Situation,
    weights: Weights,
    factor: float = SOLE,
) -> Floats:
    """As `scores`, from the candidates of each class and `model_evidence.sole`, times a factor."""
    total = np.zeros(len(situation.allowed))
    for candidate in classes:
        total[candidate.models] += candidate.likelihood(weights)
    values: Floats = np.log(total / max(len(classes), 1) + _NONE) + factor * sole
    values[~situation.allowed] = -np.inf
    if situation.allowed.any():
        # Rounding lets the order of release decide what differs by the order of summation.
        values = np.round(values - values.max(), 6)
    return values
