from __future__ import annotations

import numpy as np
import pytest

from parent_finder.evaluation import calibration
from parent_finder.evaluation.calibration import JudgedFile
from parent_finder.ranking import confidence
from parent_finder.ranking.confidence import FileEvidence


def judged_files(related: int, unrelated: int, seed: int = 0) -> list[JudgedFile]:
    """Files whose evidence is drawn around 3 if they are related, and around 1 if not."""
    generator = np.random.default_rng(seed)
    labels = [True] * related + [False] * unrelated
    return [
        JudgedFile("tune", label, FileEvidence(*generator.normal(3 if label else 1, 1, 4)))
        for label in labels
    ]


def test_stated_probabilities_are_those_that_are_measured() -> None:
    files = judged_files(300, 100)
    measured = calibration.measure(files)
    assert sum(row.files for row in measured.reliability) == 400
    for row in measured.reliability:
        assert row.low <= row.stated <= row.high
        if row.files > 30:
            assert row.related == pytest.approx(row.stated, abs=0.12)


def test_more_evidence_never_lowers_the_probability() -> None:
    files = judged_files(60, 60)
    reversed_files = [JudgedFile("tune", not file.related, file.evidence) for file in files]
    for some in (files, reversed_files):
        coefficients = calibration.fitted(some)
        low = coefficients.probability(FileEvidence(1, 1, 1, 1))
        assert coefficients.probability(FileEvidence(2, 2, 2, 2)) >= low


def test_the_shipped_coefficients_grow_with_the_evidence() -> None:
    factors = vars(confidence.FITTED)
    assert all(factor >= 0 for name, factor in factors.items() if name != "constant")
    assert confidence.verdict_of(confidence.WEAK) == "weak"
    assert confidence.verdict_of(confidence.WEAK - 0.01) == "nothing"
    assert confidence.verdict_of(confidence.SIMILAR) == "similar"


def test_errors_are_equal_at_the_threshold() -> None:
    files = judged_files(200, 50)
    threshold = calibration.equal_error_threshold(files)
    probability = calibration.cross_validated(files)
    related = np.array([file.related for file in files])
    misses = (probability[related] < threshold).mean()
    assert misses == pytest.approx((probability[~related] >= threshold).mean(), abs=0.03)


def test_the_curve_goes_from_false_alarms_to_misses() -> None:
    curve = calibration.measure(judged_files(100, 40)).curve
    misses = [point.misses or 0 for point in curve]
    alarms = [point.false_alarms or 0 for point in curve]
    assert misses == sorted(misses)
    assert alarms == sorted(alarms, reverse=True)
