"""TF-IDF vectors of a set of units, turned inside out: for each feature the units that have it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from parent_finder.features import UnitFeatures
from parent_finder.store import Arrays

Scores = npt.NDArray[np.float32]


@dataclass(frozen=True)
class FeatureMatrix:
    """Weighted features of units.

    ``vocabulary`` has the sorted hashes of the features that two units or more have. Row `i` of
    the compressed sparse matrix ``indptr``, ``rows``, ``weights`` lists the units that have
    feature `i`; each unit's weights have the Euclidean norm 1 together with those of its
    features that are not in the vocabulary. ``idf`` has each feature's weight, ``rare`` that of
    a feature seen in no or one unit, ``words`` the number of different words of each unit.
    """

    vocabulary: npt.NDArray[np.uint64]
    idf: npt.NDArray[np.float32]
    indptr: npt.NDArray[np.int32]
    rows: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float32]
    words: npt.NDArray[np.int32]
    rare: float

    @staticmethod
    def build(
        hashes: npt.NDArray[np.uint64],
        counts: npt.NDArray[np.uint16],
        lengths: npt.NDArray[np.int64],
    ) -> FeatureMatrix:
        """The matrix of units whose features lie one unit after the other."""
        units = len(lengths)
        unit = np.repeat(np.arange(units, dtype=np.int32), lengths)
        order = np.argsort(hashes, kind="stable")
        ordered = hashes[order]
        first = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]])[: len(ordered)])
        frequency = np.diff(first, append=len(ordered))
        idf = _idf(frequency, units)
        weights = _tf(counts[order]) * np.repeat(idf, frequency)
        squares = np.bincount(unit[order], weights=weights.astype(np.float64) ** 2, minlength=units)
        norms = np.sqrt(np.maximum(squares, 1e-12)).astype(np.float32)
        shared = frequency > 1
        kept = np.repeat(shared, frequency)
        rows = unit[order][kept]
        return FeatureMatrix(
            vocabulary=ordered[first][shared],
            idf=idf[shared],
            indptr=np.concatenate([[0], np.cumsum(frequency[shared])]).astype(np.int32),
            rows=rows,
            weights=weights[kept] / norms[rows],
            words=np.bincount(unit[(hashes & np.uint64(1)) == 1], minlength=units).astype(np.int32),
            rare=float(_idf(np.array([1]), units)[0]),
        )

    @staticmethod
    def from_arrays(arrays: Arrays, prefix: str, rare: float) -> FeatureMatrix:
        """The inverse of `arrays`."""
        return FeatureMatrix(**{name: arrays[prefix + name] for name in _ARRAYS}, rare=rare)

    def arrays(self, prefix: str) -> dict[str, npt.NDArray[Any]]:
        """The arrays by name, each name with a prefix."""
        return {prefix + name: getattr(self, name) for name in _ARRAYS}

    def cosine(self, queries: Sequence[UnitFeatures]) -> Scores:
        """The cosine of each query's TF-IDF vector with each unit's: shape (queries, units)."""
        columns, owners, values = [], [], []
        for position, query in enumerate(queries):
            found, known = self._columns(query.hashes)
            weight = _tf(query.counts) * np.where(known, self.idf[found], self.rare)
            norm = float(np.sqrt(np.sum(weight.astype(np.float64) ** 2))) or 1.0
            columns.append(found[known])
            values.append(weight[known] / np.float32(norm))
            owners.append(np.full(int(known.sum()), position))
        return self._product(queries, columns, owners, values, self.weights)

    def jaccard(self, queries: Sequence[UnitFeatures]) -> Scores:
        """Shared words over all words of each query and each unit: shape (queries, units)."""
        columns, owners, values = [], [], []
        totals = np.zeros((len(queries), 1), dtype=np.float32)
        for position, query in enumerate(queries):
            words = query.hashes[(query.hashes & np.uint64(1)) == 1]
            totals[position] = len(words)
            found, known = self._columns(words)
            columns.append(found[known])
            values.append(np.ones(int(known.sum()), dtype=np.float32))
            owners.append(np.full(int(known.sum()), position))
        ones = np.ones(len(self.rows), dtype=np.float32)
        shared = self._product(queries, columns, owners, values, ones)
        return shared / np.maximum(totals + self.words[None, :] - shared, 1)

    def _columns(
        self, hashes: npt.NDArray[np.uint64]
    ) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.bool_]]:
        if not len(self.vocabulary):
            raise ValueError("the library has no feature that two units share")
        found = np.searchsorted(self.vocabulary, hashes)
        found[found == len(self.vocabulary)] = 0
        return found, self.vocabulary[found] == hashes

    def _product(
        self,
        queries: Sequence[UnitFeatures],
        columns: list[npt.NDArray[np.intp]],
        owners: list[npt.NDArray[np.int64]],
        values: list[npt.NDArray[np.float32]],
        weights: npt.NDArray[np.float32],
    ) -> Scores:
        if not queries:
            return np.zeros((0, len(self.words)), dtype=np.float32)
        used, local = np.unique(np.concatenate(columns), return_inverse=True)
        # Only the rows of features that a query has: the library is far larger than a query.
        whole = sparse.csr_matrix(
            (weights, self.rows, self.indptr), shape=(len(self.vocabulary), len(self.words))
        )
        query = sparse.csr_matrix(
            (np.concatenate(values), (np.concatenate(owners), local)),
            shape=(len(queries), len(used)),
        )
        return np.asarray((query @ whole[used]).todense(), dtype=np.float32)


_ARRAYS = ("vocabulary", "idf", "indptr", "rows", "weights", "words")


def _tf(counts: npt.NDArray[np.uint16]) -> npt.NDArray[np.float32]:
    return (1 + np.log(counts)).astype(np.float32)


def _idf(frequency: npt.NDArray[np.int64], units: int) -> npt.NDArray[np.float32]:
    return (np.log((1 + units) / (1 + frequency)) + 1).astype(np.float32)
