"""How alike a file's units are to all units of a library."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from parent_finder.corpus.feature_matrix import Scores
from parent_finder.corpus.features import UnitFeatures
from parent_finder.corpus.index import KINDS, Index
from parent_finder.corpus.source_file import SourceFile
from parent_finder.corpus.units import CodeUnit, Kind


@dataclass(frozen=True)
class Query:
    """The units of one kind in the file that is asked about, with their positions in it."""

    units: tuple[CodeUnit, ...]
    numbers: tuple[int, ...]
    features: tuple[UnitFeatures, ...]


def queries_of(source: SourceFile) -> dict[Kind, Query]:
    """A file's units by kind."""
    queries = {}
    for kind in KINDS:
        numbers = tuple(n for n, unit in enumerate(source.units) if unit.kind == kind)
        queries[kind] = Query(
            tuple(source.units[n] for n in numbers),
            numbers,
            tuple(source.features[n] for n in numbers),
        )
    return queries


@dataclass(frozen=True)
class Comparison:
    """Cosines of a file's units with the rows of each kind's matrix: shape (units, rows)."""

    index: Index
    queries: dict[Kind, Query]
    cosine: dict[Kind, Scores]

    def of_units(self, kind: Kind) -> Scores:
        """The cosine with each of the library's units: shape (units of the file, units)."""
        return self.cosine[kind][:, self.index.tables[kind].rows]


def compare(index: Index, source: SourceFile, kinds: tuple[Kind, ...] = KINDS) -> Comparison:
    """Compares a file with a library."""
    queries = queries_of(source)
    cosine = {kind: index.tables[kind].matrix.cosine(queries[kind].features) for kind in kinds}
    return Comparison(index, queries, cosine)


@dataclass(frozen=True)
class ModelUnits:
    """The units of one kind by model; `models` are the library's models in order of name.

    Files, and so units, are in order of their paths: a model's units lie one after the other.
    """

    models: tuple[str, ...]
    owner: npt.NDArray[np.int32]

    @staticmethod
    def of(index: Index, kind: Kind) -> ModelUnits:
        """Groups an index's units."""
        models = tuple(sorted(set(index.models)))
        number = {model: n for n, model in enumerate(models)}
        of_file = np.array([number[model] for model in index.models], dtype=np.int32)
        return ModelUnits(models, of_file[index.tables[kind].files])

    def best(self, scores: Scores) -> Scores:
        """The best score of each query with each model's units: shape (queries, models)."""
        best = np.zeros((len(scores), len(self.models)), dtype=np.float32)
        if not scores.size:
            return best
        starts = np.flatnonzero(np.diff(self.owner, prepend=-1))
        best[:, self.owner[starts]] = np.maximum.reduceat(scores, starts, axis=1)
        return best
