from __future__ import annotations

from dataclasses import replace

import numpy as np

from parent_finder.evaluation import tuning
from parent_finder.ranking.likelihood import ClassCandidates
from parent_finder.ranking.reference_library import ReferenceLibrary, Situation
from parent_finder.ranking.weights import FITTED, NAMES


def made_up(seed: int, telling: int, models: int = 4) -> tuning.Example:
    """A model of one class whose parent is shown by one kind of evidence, beside noise."""
    true = seed % models
    noise = np.random.default_rng(seed).random((models, len(NAMES)))
    noise[:, telling] = 0
    noise[true, telling] = 1
    candidates = ClassCandidates(0, np.arange(models), noise)
    situation = Situation("breeze", 1, np.ones(models, dtype=bool))
    return tuning.Example(
        1, [true], situation, (candidates,), np.zeros(models), (np.arange(models) == true,)
    )


def test_what_tells_parents_gets_the_weight(library: ReferenceLibrary) -> None:
    telling = NAMES.index("closest")
    some = [made_up(true, telling) for true in range(40)]
    weights = tuning.fitted(some, 1e-3)
    assert int(np.argmax(np.abs(weights.array()))) == telling
    assert weights.array()[telling] > 0
    assert tuning.first_places(library, some, weights, 0.0) == [1] * len(some)


def test_the_file_decides_where_classes_cannot(library: ReferenceLibrary) -> None:
    alike = np.zeros((4, len(NAMES)))
    some = []
    for number in range(40):
        example = made_up(number, 0)
        # In one of four files, a model that is no parent is the one alone.
        alone = np.arange(4) == (number + (number % 4 == 0)) % 4
        classes = (replace(example.classes[0], evidence=alike),)
        some.append(replace(example, classes=classes, sole=alone.astype(float)))
    factor = tuning.fitted_sole(some, FITTED)
    assert factor > 0
    places = tuning.first_places(library, some, FITTED, factor)
    assert sum(place == 1 for place in places) == 30


def test_a_larger_penalty_gives_smaller_weights() -> None:
    some = [made_up(true, 0) for true in range(40)]
    small, large = (tuning.fitted(some, penalty).array() for penalty in (1e-4, 1e-1))
    assert np.linalg.norm(large) < np.linalg.norm(small)


def test_only_models_up_to_the_release_of_tuning_are_used(
    library: ReferenceLibrary, root: str
) -> None:
    assert [example.release for example in tuning.examples(library, root)] == [
        library.releases.number_of("5.8.0")
    ]
