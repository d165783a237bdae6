"""Which of a set of units have which features, for TF-IDF cosines and Jaccard similarity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from parent_finder.core.array_store import Arrays
from parent_finder.corpus.features import UnitFeatures

Scores = npt.NDArray[np.float32]


@dataclass(frozen=True)
class FeatureMatrix:
    """The features of units, turned inside out.

    ``vocabulary`` has the sorted hashes of all features. ``units[starts[i]:starts[i + 1]]`` have
    feature `i`, each as often as the same place of ``counts`` says. ``norms`` is the Euclidean
    norm of each unit's TF-IDF vector, ``words`` the number of its different words.
    """

    vocabulary: npt.NDArray[np.uint32]
    starts: npt.NDArray[np.int32]
    units: npt.NDArray[np.uint16] | npt.NDArray[np.uint32]
    counts: npt.NDArray[np.uint8]
    norms: npt.NDArray[np.float32]
    words: npt.NDArray[np.int32]

    @staticmethod
    def build(
        hashes: npt.NDArray[np.uint32],
        counts: npt.NDArray[np.uint8],
        lengths: npt.NDArray[np.int64],
    ) -> FeatureMatrix:
        """The matrix of units whose features lie one unit after the other."""
        total = len(lengths)
        unit: npt.NDArray[np.uint16] | npt.NDArray[np.uint32]
        if total <= np.iinfo(np.uint16).max:
            unit = np.repeat(np.arange(total, dtype=np.uint16), lengths)
        else:
            unit = np.repeat(np.arange(total, dtype=np.uint32), lengths)
        order = np.argsort(hashes, kind="stable")
        ordered = hashes[order]
        new = np.ones(len(ordered), dtype=bool)
        new[1:] = ordered[1:] != ordered[:-1]
        first = np.flatnonzero(new)
        frequency = np.diff(first, append=len(ordered))
        units = unit[order]
        weights = _tf(counts[order]) * np.repeat(_idf(frequency, total), frequency)
        squares = np.bincount(units, weights=weights.astype(np.float64) ** 2, minlength=total)
        return FeatureMatrix(
            vocabulary=ordered[first],
            starts=np.append(first, len(ordered)).astype(np.int32),
            units=units,
            counts=counts[order],
            norms=np.sqrt(np.maximum(squares, 1e-12)).astype(np.float32),
            words=np.bincount(unit[(hashes & np.uint32(1)) == 1], minlength=total).astype(np.int32),
        )

    def extended(
        self,
        hashes: npt.NDArray[np.uint32],
        counts: npt.NDArray[np.uint8],
        lengths: npt.NDArray[np.int64],
    ) -> FeatureMatrix:
        """The matrix with more units behind its own, given as in `build`."""
        total = len(self.norms)
        # Back to one unit after the other.
        order = np.argsort(self.units, kind="stable")
        own_hashes = np.repeat(self.vocabulary, self._frequency)[order]
        own_lengths = np.bincount(self.units, minlength=total)
        return FeatureMatrix.build(
            np.concatenate([own_hashes, hashes]),
            np.concatenate([self.counts[order], counts]),
            np.concatenate([own_lengths, lengths]),
        )

    @staticmethod
    def from_arrays(arrays: Arrays, prefix: str) -> FeatureMatrix:
        """The inverse of `arrays`. Raises KeyError."""
        return FeatureMatrix(**{name: arrays[prefix + name] for name in _ARRAYS})

    def arrays(self, prefix: str) -> dict[str, npt.NDArray[Any]]:
        """The arrays by name, each name with a prefix."""
        return {prefix + name: getattr(self, name) for name in _ARRAYS}

    @cached_property
    def _frequency(self) -> npt.NDArray[np.int32]:
        return np.diff(self.starts)

    def cosine(self, queries: Sequence[UnitFeatures]) -> Scores:
        """The cosine of each query's TF-IDF vector with each unit's: shape (queries, units)."""
        total = len(self.norms)
        columns, values = [], []
        rare = _idf(np.array([1]), total)[0]
        for query in queries:
            places, known = self._columns(query.hashes)
            idf = np.where(known, _idf(self._frequency[places], total), rare)
            weight = _tf(query.counts) * idf
            norm = np.sqrt(np.sum(weight.astype(np.float64) ** 2)) or 1.0
            columns.append(places[known])
            values.append((weight[known] / norm).astype(np.float32))
        return self._product(columns, values, weighted=True)

    def jaccard(self, queries: Sequence[UnitFeatures]) -> Scores:
        """Shared words over all words of each query and each unit: shape (queries, units)."""
        columns, values = [], []
        totals = np.zeros((len(queries), 1), dtype=np.float32)
        for position, query in enumerate(queries):
            words = query.hashes[(query.hashes & np.uint32(1)) == 1]
            totals[position] = len(words)
            places, known = self._columns(words)
            columns.append(places[known])
            values.append(np.ones(int(known.sum()), dtype=np.float32))
        shared = self._product(columns, values, weighted=False)
        union = np.maximum(totals + self.words[None, :] - shared, 1)
        similarity: Scores = (shared / union).astype(np.float32)
        return similarity

    def _columns(
        self, hashes: npt.NDArray[np.uint32]
    ) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.bool_]]:
        """The place of each hash in the vocabulary, and whether it is there at all."""
        if not len(self.vocabulary):
            return np.zeros(0, dtype=np.intp), np.zeros(0, dtype=bool)
        places = np.searchsorted(self.vocabulary, hashes)
        places[places == len(self.vocabulary)] = 0
        return places, self.vocabulary[places] == hashes

    def _product(
        self,
        columns: list[npt.NDArray[np.intp]],
        values: list[npt.NDArray[np.float32]],
        weighted: bool,
    ) -> Scores:
        if not columns or not len(self.norms):
            return np.zeros((len(columns), len(self.norms)), dtype=np.float32)
        used, local = np.unique(np.concatenate(columns), return_inverse=True)
        # Only the features that a query has: the library is far larger than a query.
        lengths = self._frequency[used].astype(np.int64)
        ends = np.cumsum(lengths)
        places = np.repeat(self.starts[used] - (ends - lengths), lengths) + np.arange(lengths.sum())
        units = self.units[places].astype(np.int32)
        if weighted:
            idf = np.repeat(_idf(lengths, len(self.norms)), lengths)
            data = _tf(self.counts[places]) * idf / self.norms[units]
        else:
            data = np.ones(len(units), dtype=np.float32)
        library = sparse.csr_matrix(
            (data, units, np.concatenate([[0], ends])), shape=(len(used), len(self.norms))
        )
        bounds = np.concatenate([[0], np.cumsum([len(column) for column in columns])])
        query = sparse.csr_matrix(
            (np.concatenate(values), local, bounds), shape=(len(columns), len(used))
        )
        return np.asarray((query @ library).todense(), dtype=np.float32)


_ARRAYS = ("vocabulary", "starts", "units", "counts", "norms", "words")
_TF = (1 + np.log(np.maximum(np.arange(256), 1))).astype(np.float32)


def _tf(counts: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    return _TF[counts]


def _idf(frequency: npt.NDArray[np.integer], units: int) -> npt.NDArray[np.float32]:
    return (np.log((1 + units) / (1 + frequency)) + 1).astype(np.float32)
