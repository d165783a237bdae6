"""What speaks for each model of a library as a parent, by the whole file."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from parent_finder.core import model_names
from parent_finder.ranking import reference_library
from parent_finder.ranking.comparison import Comparison
from parent_finder.ranking.reference_library import ReferenceLibrary, Situation
from parent_finder.ranking.weights import Floats

# Cosines that differ by less are equal: a comma or a default value.
EQUAL = 0.003
_ALIKE = 0.3
# Fewer tokens may be equal by chance.
_LEAST_METHOD = 60


def evidence(
    library: ReferenceLibrary, comparison: Comparison, situation: Situation
) -> dict[str, npt.NDArray[np.generic]]:
    """The evidence of the whole file by the name of its weight: shape (models,) each."""
    queries, allowed = comparison.queries, situation.allowed
    best = _best_cosines(library, comparison, situation)
    functions = library.by_model["function"].best(comparison.of_units("function")) * allowed
    top = (best >= best.max(axis=1, keepdims=True) - EQUAL) & (best > _ALIKE)
    distance = np.maximum(situation.release - library.age, 0)
    roles = {unit.role for unit in queries["class"].units}
    children = reference_library.children(library, situation)
    affinity = [model_names.name_affinity(situation.model, model) for model in library.models]
    return {
        "similar": (best**2).mean(axis=0),
        "best": top.mean(axis=0),
        "covered": _covered(comparison, best),
        "functions": (functions**2).sum(axis=0) / max(len(functions), 1),
        "family": np.array(affinity),
        "popular": np.log1p(children),
        "old": np.log1p(distance),
        "same_release": _same_release(library, situation),
        "derived": np.array([m in library.lineage.model_parents for m in library.models]),
        "methods": _methods(library, comparison) * allowed,
        "roles": np.array([len(roles & own) / len(roles) for own in library.roles]),
    }


def sole(library: ReferenceLibrary, comparison: Comparison, situation: Situation) -> Floats:
    """How alone each model is in having one of the file's methods unchanged: 0 to 1.

    It is 1 if no other model has the method, 1/n if n models have it; the largest of these
    counts, and 0 if the model has none.
    """
    values = np.zeros(len(library.models))
    for method in comparison.queries["method"].features:
        owners = library.method_models.get(method.digest)
        if owners is not None and method.size >= _LEAST_METHOD:
            possible = owners[situation.allowed[owners]]
            values[possible] = np.maximum(values[possible], 1 / max(len(possible), 1))
    return values


def coverage(library: ReferenceLibrary, comparison: Comparison, situation: Situation) -> Floats:
    """How much of the file each model covers, by similarity of classes: 0 to 1."""
    return _covered(comparison, _best_cosines(library, comparison, situation))


def _same_release(library: ReferenceLibrary, situation: Situation) -> npt.NDArray[np.bool_]:
    """Which models are known to have appeared with the file's model."""
    known = library.age < len(library.releases.names)
    same: npt.NDArray[np.bool_] = (library.age == situation.release) & known
    return same


def _best_cosines(
    library: ReferenceLibrary, comparison: Comparison, situation: Situation
) -> npt.NDArray[np.float32]:
    """The best cosine of each class with an allowed model's classes: shape (classes, models)."""
    return library.by_model["class"].best(comparison.of_units("class")) * situation.allowed


def _covered(comparison: Comparison, best: npt.NDArray[np.float32]) -> Floats:
    sizes = np.sqrt([features.size for features in comparison.queries["class"].features])
    share: Floats = (sizes / sizes.sum()) @ best**2
    return share


def _methods(library: ReferenceLibrary, comparison: Comparison) -> Floats:
    sizes = np.zeros(len(library.models))
    total = 0
    for method in comparison.queries["method"].features:
        total += method.size
        models = library.method_models.get(method.digest)
        if models is not None:
            sizes[models] += method.size
    return sizes / max(total, 1)
