"""How probable it is that a file's author would inherit from one of the models at all."""

from __future__ import annotations

import math
from dataclasses import astuple, dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from parent_finder.corpus.units import Kind
from parent_finder.ranking.comparison import Comparison
from parent_finder.ranking.plan import Plan
from parent_finder.ranking.reference_library import ReferenceLibrary, Situation
from parent_finder.ranking.weights import Floats

Verdict = Literal["similar", "weak", "nothing"]

# A method of fewer tokens may be equal by chance: `get_input_embeddings`, `_init_weights`.
_LONG_METHOD = 100


@dataclass(frozen=True)
class FileEvidence:
    """What speaks for inheriting at all: all numbers grow with the evidence.

    The order of the fields is that of `Coefficients`, after its constant.
    """

    saved: float  # log of 1 + the lines that the plan saves
    long_methods: float  # log of 1 + the tokens in unchanged methods that are long
    methods: float  # share of the methods' tokens that are in unchanged methods
    classes: float  # square root of the share of the classes' tokens that are unchanged

    def array(self) -> Floats:
        """The numbers in the order of the fields."""
        return np.array(astuple(self), dtype=np.float64)


@dataclass(frozen=True)
class Coefficients:
    """Of a logistic regression on `FileEvidence`, whose fields have the same names."""

    constant: float
    saved: float
    long_methods: float
    methods: float
    classes: float

    def probability(self, evidence: FileEvidence) -> float:
        """The probability that a file of this evidence was written as a modular file.

        It holds for even odds beforehand: among as many modular files as others.
        """
        constant, *factors = astuple(self)
        odds = constant + float(np.dot(factors, evidence.array()))
        return 1 / (1 + math.exp(-odds))


# Fitted by `evaluation.tuning` on models that are in release 5.8.0.
FITTED = Coefficients(
    constant=-5.030, saved=0.712, long_methods=0.154, methods=2.005, classes=4.572
)

# Below WEAK nothing is similar, from SIMILAR on the evidence is strong. `evaluation.tuning` chooses
# WEAK so that false alarms are as frequent as misses, and SIMILAR is nine to one.
WEAK, SIMILAR = 0.48, 0.9


def verdict_of(probability: float) -> Verdict:
    """The verdict in words."""
    if probability >= SIMILAR:
        return "similar"
    return "weak" if probability >= WEAK else "nothing"


def file_evidence(
    library: ReferenceLibrary,
    comparison: Comparison,
    situation: Situation,
    plan: Plan,
) -> FileEvidence:
    """The evidence of a file, for its plan."""
    methods = _unchanged(library, comparison, situation, "method")
    sizes = np.array([f.size for f in comparison.queries["method"].features], dtype=np.float64)
    classes = _unchanged(library, comparison, situation, "class")
    class_sizes = np.array([f.size for f in comparison.queries["class"].features])
    long_tokens = float(sizes[methods & (sizes >= _LONG_METHOD)].sum())
    return FileEvidence(
        saved=math.log1p(plan.lines_saved),
        long_methods=math.log1p(long_tokens),
        methods=float(sizes[methods].sum() / max(sizes.sum(), 1)),
        classes=math.sqrt(float(class_sizes[classes].sum() / max(class_sizes.sum(), 1))),
    )


def _unchanged(
    library: ReferenceLibrary, comparison: Comparison, situation: Situation, kind: Kind
) -> npt.NDArray[np.bool_]:
    """Which units of a kind an allowed model has with the same code."""
    table = library.index.tables[kind]
    allowed = situation.allowed[library.by_model[kind].owner]
    digests = set(table.digests[np.unique(table.rows[allowed])].tolist())
    features = comparison.queries[kind].features
    return np.array([unit.digest in digests for unit in features], dtype=bool)
