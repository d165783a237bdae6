"""How often the answer that nothing is similar is right, and what a probability means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from parent_finder.ranking import answer, confidence
from parent_finder.ranking.comparison import Comparison
from parent_finder.ranking.confidence import Coefficients, FileEvidence
from parent_finder.ranking.reference_library import ReferenceLibrary, Situation
from parent_finder.ranking.weights import FITTED, Floats, Weights

THRESHOLDS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
_BINS = (0.0, 0.2, 0.5, 0.8, 0.95, 1.0)
_FOLDS = 10
# Of `PENALTIES` the one with the least loss in a cross-validation of the tuning set.
PENALTY = 0.003
PENALTIES = (0.0003, 0.001, 0.003, 0.01, 0.03)


@dataclass(frozen=True)
class JudgedFile:
    """A file, and whether a person wrote it as a modular file. ``models`` is `tune` or `test`."""

    models: str
    related: bool
    evidence: FileEvidence


@dataclass(frozen=True)
class CurvePoint:
    """The errors if nothing below a threshold is called similar.

    ``misses`` are the share of the related files below it, ``false_alarms`` the share of the
    others from it on; None without such files.
    """

    models: str
    threshold: float
    related: int
    misses: float | None
    unrelated: int
    false_alarms: float | None


@dataclass(frozen=True)
class ReliabilityBin:
    """Files of about one probability: the mean of what was stated, and the share that is related.

    Both give the related files and the others the same weight, as the probability does.
    """

    models: str
    low: float
    high: float
    files: int
    stated: float
    related: float


@dataclass(frozen=True)
class Calibration:
    """The curve and the reliability table.

    For files that the coefficients were fitted on, the probabilities are those of a
    cross-validation: each fold's from a fit on the other folds.
    """

    threshold: float
    curve: tuple[CurvePoint, ...]
    reliability: tuple[ReliabilityBin, ...]


def judge(
    library: ReferenceLibrary,
    compared: Comparison,
    situation: Situation,
    models: str,
    *,
    related: bool,
    weights: Weights = FITTED,
) -> JudgedFile:
    """The evidence of a file of the library."""
    # The length of the file decides only when a further parent is worth its import.
    lines = sum(unit.lines for unit in compared.queries["class"].units)
    ranked = answer.rank(library, compared, situation, lines, weights)
    return JudgedFile(models, related, ranked.evidence)


def measure(judged: Sequence[JudgedFile]) -> Calibration:
    """The curve and the reliability table of each set of files."""
    curve: list[CurvePoint] = []
    reliability: list[ReliabilityBin] = []
    for models in ("tune", "test"):
        files = [file for file in judged if file.models == models]
        if not files:
            continue
        related: npt.NDArray[np.bool_] = np.array([file.related for file in files], dtype=bool)
        share = _even_weights(related)
        enough = min(related.sum(), (~related).sum()) >= _FOLDS
        if models == "tune" and enough:
            probability = cross_validated(files)
        else:
            probability = np.array([confidence.FITTED.probability(f.evidence) for f in files])
        curve += [
            CurvePoint(
                models,
                threshold,
                int(related.sum()),
                _mean(probability[related] < threshold),
                int((~related).sum()),
                _mean(probability[~related] >= threshold),
            )
            for threshold in sorted({*THRESHOLDS, confidence.WEAK})
        ]
        for low, high in pairwise(_BINS):
            inside = (probability >= low) & ((probability < high) | (high == 1))
            if inside.any():
                reliability.append(
                    ReliabilityBin(
                        models,
                        low,
                        high,
                        int(inside.sum()),
                        float(np.average(probability[inside], weights=share[inside])),
                        float(np.average(related[inside], weights=share[inside])),
                    )
                )
    return Calibration(confidence.WEAK, tuple(curve), tuple(reliability))


def _mean(values: npt.NDArray[np.bool_]) -> float | None:
    return float(values.mean()) if len(values) else None


def cross_validated(files: Sequence[JudgedFile], penalty: float = PENALTY) -> Floats:
    """The probability of each file from a fit on the others' folds."""
    probability = np.zeros(len(files))
    related: npt.NDArray[np.bool_] = np.array([file.related for file in files], dtype=bool)
    fold = np.zeros(len(files), dtype=np.int64)
    generator = np.random.default_rng(0)
    for label in (True, False):
        members = np.flatnonzero(related == label)
        fold[members] = generator.permutation(np.arange(len(members)) % _FOLDS)
    for number in range(_FOLDS):
        training = [file for file, other in zip(files, fold, strict=True) if other != number]
        coefficients = fitted(training, penalty)
        for position in np.flatnonzero(fold == number).tolist():
            probability[position] = coefficients.probability(files[position].evidence)
    return probability


def fitted(files: Sequence[JudgedFile], penalty: float = PENALTY) -> Coefficients:
    """The logistic regression with the least mean loss.

    The penalty is on the squares of the factors, in units of each evidence's spread.
    """
    evidence = np.stack([file.evidence.array() for file in files])
    sign = np.array([1.0 if file.related else -1.0 for file in files])
    share = _even_weights(sign > 0)
    center, spread = evidence.mean(axis=0), evidence.std(axis=0) + 1e-9
    scaled = (evidence - center) / spread

    def loss(values: Floats) -> tuple[float, Floats]:
        margin = sign * (values[0] + scaled @ values[1:])
        slope = -sign * share / (1 + np.exp(margin))
        gradient = np.concatenate([[slope.sum()], slope @ scaled + 2 * penalty * values[1:]])
        value = float(share @ np.logaddexp(0, -margin) + penalty * (values[1:] ** 2).sum())
        return value, gradient

    start = np.zeros(1 + len(center))
    # A factor below 0 would let more evidence speak against a parent.
    bounds = [(None, None), *[(0, None)] * len(center)]
    done = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds)
    scaled_constant, *scaled_factors = (float(value) for value in done.x)
    factors = np.array(scaled_factors) / spread
    return Coefficients(scaled_constant - float(factors @ center), *factors.tolist())


def _even_weights(related: npt.NDArray[np.bool_]) -> Floats:
    """Weights of files that sum to one half for the related ones, and for the others."""
    count = np.where(related, related.sum(), (~related).sum())
    weights: Floats = 0.5 / np.maximum(count, 1)
    return weights


def cross_validated_loss(files: Sequence[JudgedFile], penalty: float) -> float:
    """The mean logarithmic loss of the probabilities that each fold gets from the others."""
    related: npt.NDArray[np.bool_] = np.array([file.related for file in files], dtype=bool)
    probability = cross_validated(files, penalty)
    stated = np.where(related, probability, 1 - probability)
    return float(-_even_weights(related) @ np.log(stated + 1e-12))


def equal_error_threshold(files: Sequence[JudgedFile]) -> float:
    """The probability below which misses are as frequent as false alarms from it on."""
    probability = cross_validated(files)
    related: npt.NDArray[np.bool_] = np.array([file.related for file in files], dtype=bool)

    def distance(threshold: float) -> float:
        misses = (probability[related] < threshold).mean()
        return abs(float(misses - (probability[~related] >= threshold).mean()))

    return min((round(0.01 * step, 2) for step in range(5, 96)), key=distance)
