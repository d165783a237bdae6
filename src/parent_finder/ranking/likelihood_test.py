from __future__ import annotations

import numpy as np
import pytest

from parent_finder.corpus import source_file
from parent_finder.ranking import comparison, likelihood, reference_library
from parent_finder.ranking.reference_library import ReferenceLibrary
from parent_finder.ranking.weights import FITTED, NAMES
from parent_finder.testing import sample_library

NEW = sample_library.renamed(sample_library.LLAMA, "llama", "breeze")


def ask(library: ReferenceLibrary, text: str = NEW) -> comparison.Comparison:
    return comparison.compare(library.index, source_file.read(text.encode(), "modeling_breeze.py"))


def test_the_likelihoods_of_a_class_are_a_distribution(library: ReferenceLibrary) -> None:
    classes = list(likelihood.candidates(library, ask(library), library.situation_of("breeze")))
    assert [candidates.position for candidates in classes] == [0, 1, 2]
    for candidates in classes:
        assert candidates.evidence.shape == (len(candidates.models), len(NAMES))
        shares = candidates.likelihood(FITTED)
        assert shares.sum() == pytest.approx(1)
        assert (shares > 0).all()


def test_the_best_model_has_the_score_0_and_hidden_ones_have_none(
    library: ReferenceLibrary,
) -> None:
    scores = likelihood.scores(library, ask(library), library.situation_of("mistral"))
    named = dict(zip(library.models, scores.tolist(), strict=True))
    assert named["llama"] == 0
    assert named["zephyr"] < named["llama"]
    assert named["mistral"] == -np.inf
    assert reference_library.order(library, scores)[0] == library.models.index("llama")


def test_children_count_only_what_may_be_known(library: ReferenceLibrary) -> None:
    now, then = library.situation_of("breeze"), library.situation_at_release("vista")
    assert likelihood.class_children(library, now).sum() == 3
    assert likelihood.class_children(library, then).sum() == 0


def test_a_file_unlike_all_others_has_no_candidates(library: ReferenceLibrary) -> None:
    text = "class BreezeClock:\n    tick = lambda: 60\n"
    compared = ask(library, text)
    assert not list(likelihood.candidates(library, compared, library.situation_of("breeze")))
    scores = likelihood.scores(library, compared, library.situation_of("breeze"))
    assert set(scores.tolist()) == {0.0}
