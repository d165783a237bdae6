from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parent_finder.corpus.feature_matrix import FeatureMatrix
from parent_finder.corpus.features import UnitFeatures

units = st.lists(
    st.dictionaries(st.integers(0, 30), st.integers(1, 5), min_size=1), min_size=1, max_size=6
)


def features(bag: dict[int, int]) -> UnitFeatures:
    hashes = np.array(sorted(bag), dtype=np.uint32)
    counts = np.array([bag[h] for h in hashes.tolist()], dtype=np.uint8)
    return UnitFeatures(0, len(bag), hashes, counts)


def matrix(bags: list[dict[int, int]]) -> FeatureMatrix:
    units = [features(bag) for bag in bags]
    return FeatureMatrix.build(
        np.concatenate([unit.hashes for unit in units]),
        np.concatenate([unit.counts for unit in units]),
        np.array([len(unit.hashes) for unit in units]),
    )


def weights(bag: dict[int, int], bags: list[dict[int, int]]) -> dict[int, float]:
    weight_of = {}
    for key, count in bag.items():
        frequency = max(sum(key in other_bag for other_bag in bags), 1)
        idf = math.log((1 + len(bags)) / (1 + frequency)) + 1
        weight_of[key] = (1 + math.log(count)) * idf
    return weight_of


@given(units, st.dictionaries(st.integers(0, 40), st.integers(1, 5), min_size=1))
def test_cosine_and_jaccard_are_those_of_the_definition(
    bags: list[dict[int, int]], query: dict[int, int]
) -> None:
    built = matrix(bags)
    cosine = built.cosine([features(query)])[0]
    jaccard = built.jaccard([features(query)])[0]
    own = weights(query, bags)
    for number, bag in enumerate(bags):
        other = weights(bag, bags)
        dot = sum(own[key] * other[key] for key in own.keys() & other.keys())
        norm = math.hypot(*own.values()) * math.hypot(*other.values())
        assert cosine[number] == pytest.approx(dot / norm, abs=1e-5)
        a, b = ({key for key in words if key % 2} for words in (query, bag))
        assert jaccard[number] == pytest.approx(len(a & b) / max(len(a | b), 1), abs=1e-6)


@given(units)
def test_a_unit_is_equal_to_itself(bags: list[dict[int, int]]) -> None:
    cosine = matrix(bags).cosine([features(bag) for bag in bags])
    assert np.diag(cosine) == pytest.approx(1, abs=1e-5)


def test_no_query_and_no_unit() -> None:
    assert matrix([{1: 1}]).cosine([]).shape == (0, 1)
    nothing = FeatureMatrix.build(
        np.empty(0, np.uint32), np.empty(0, np.uint8), np.empty(0, np.int64)
    )
    assert nothing.cosine([features({1: 1})]).shape == (1, 0)
    assert nothing.jaccard([features({1: 1})]).shape == (1, 0)
