"""How likely each model is to be a parent: first for each class of a file, then for the file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from parent_finder.corpus.feature_matrix import Scores
from parent_finder.ranking import model_evidence
from parent_finder.ranking.comparison import Comparison
from parent_finder.ranking.model_evidence import MODEL_EVIDENCE, Floats, Library, Situation

# What speaks for a model as the parent of one class, by the model's class that is most like it.
CLASS_EVIDENCE = (
    "cosine",
    "closest",  # whether no model has a more similar class
    "children",  # log of the number of models that inherit from that class
    "closest_children",  # the same where it is the closest, else 0
    "namesake",  # whether both are called the same but for the model's name
)

# Fitted by `tuning` on models that are in release 5.8.0.
WEIGHTS = dict(
    zip(
        (*CLASS_EVIDENCE, *MODEL_EVIDENCE),
        (
            *(10.281, 0.362, 0.313, 0.291, 0.379),
            *(3.583, 4.433, 1.939, 0.844, 1.914, 0.737, -0.169, -1.573, -0.911, 1.412, -2.317),
        ),
        strict=True,
    )
)

# The most similar models that are candidates for a class, and how similar they have to be.
_CANDIDATES = 60
_LEAST_COSINE = 0.25
# Stands for no likelihood at all.
_NONE = 1e-9


@dataclass(frozen=True)
class ClassCandidates:
    """The models that may be the parent of the class at a position of the file's classes.

    ``evidence`` has a row for each of ``models`` and a column for each weight.
    """

    position: int
    models: npt.NDArray[np.intp]
    evidence: Floats

    def likelihood(self, weights: Floats) -> Floats:
        """The probability of each model, if one of them is the parent."""
        values = self.evidence @ weights
        raised = np.exp(values - values.max())
        return raised / raised.sum()


def candidates(
    library: Library, comparison: Comparison, situation: Situation
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
        columns = (
            cosine[chosen],
            near,
            children[chosen],
            children[chosen] * near,
            namesake[chosen],
        )
        rows = np.hstack([np.stack(columns, axis=1), of_model[models]]).astype(np.float64)
        yield ClassCandidates(position, models, rows)


def class_children(library: Library, situation: Situation) -> npt.NDArray[np.int64]:
    """How many of the models that may be known already inherit from each class."""
    count = np.zeros(len(library.index.tables["class"].units), dtype=np.int64)
    for number, models in library.class_children.items():
        count[number] = int(situation.allowed[models].sum())
    return count


def scores(library: Library, comparison: Comparison, situation: Situation) -> Floats:
    """The score of each model, less the best one's: 0 is best, -inf is not allowed.

    It is the logarithm of the mean, over the file's classes, of the probability that the model is
    the parent of the class.
    """
    weights = np.array(list(WEIGHTS.values()))
    return model_scores(tuple(candidates(library, comparison, situation)), situation, weights)


def model_scores(
    classes: Sequence[ClassCandidates], situation: Situation, weights: Floats
) -> Floats:
    """As `scores`, from the candidates of each class."""
    total = np.zeros(len(situation.allowed))
    for one in classes:
        total[one.models] += one.likelihood(weights)
    values = np.log(total / max(len(classes), 1) + _NONE)
    values[~situation.allowed] = -np.inf
    # Rounding lets the order of release decide what differs by the order of summation.
    return np.round(values - values.max(), 6) if situation.allowed.any() else values
