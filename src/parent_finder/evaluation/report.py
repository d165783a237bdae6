"""The evaluation as a Markdown page and as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from parent_finder.evaluation.ranking import METRICS, Estimate, Evaluation
from toolkit.tables import markdown_table

SCHEMA = 2
_CANDIDATES = {
    "earlier": "first released with the query or before it",
    "all": "of every release",
}
_SETS = {"tune": "in {0} or before", "test": "first seen after {0}"}


def as_json(result: Evaluation) -> dict[str, Any]:
    """The form that `schemas/evaluation.schema.json` describes; figures are rounded."""
    content = asdict(result)
    return {"schema": SCHEMA, **_rounded(content)}


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(item) for item in value]
    return value


def as_text(result: Evaluation) -> str:
    """One Markdown table for all rankers, and one for the threshold."""
    rows: list[tuple[str, ...]] = [("models", "candidates", "ranker", *METRICS)]
    for row in sorted(result.rows, key=lambda row: (row.models, row.protocol)):
        where = _SETS[row.models].format(result.tuned_until)
        count = result.sizes[row.models]
        figures = [_figure(row.figures[name]) for name in METRICS]
        rows.append((f"{where} (n={count[0]})", row.protocol, row.ranker, *figures))
    lines = [
        "Percentages with 95 % bootstrap intervals over models. Class figures are averaged per "
        "model first.",
        "The query is a generated file; its modular file is hidden. The query's model and its "
        "descendants are never candidates.",
        *(f"Candidates `{name}`: models {text}." for name, text in _CANDIDATES.items()),
        f"The weights were fitted on models in {result.tuned_until} or before; the newest release "
        f"is {result.newest}. Classes with equal code are one candidate.",
        "`class or ancestor`: the candidate contains a true parent or an ancestor of one. `class`: "
        "the class shown for the candidate is a true parent.",
        "`a perfect ranker` fails only if no allowed candidate is right. `perfect, equal code by "
        "lot` cannot distinguish classes with equal code either, and draws one of them.",
        "",
        *markdown_table(rows[0], rows[1:]),
        "",
        *_calibration_text(result),
    ]
    return "\n".join(lines) + "\n"


def _calibration_text(result: Evaluation) -> list[str]:
    calibration = result.calibration
    sets = {name: text.format(result.tuned_until) for name, text in _SETS.items()}
    return [
        f"Nothing is similar to a file if its probability is below {calibration.threshold:.2f}. "
        "Misses: of the files that were written as modular files, those below the threshold. False "
        "alarms: of those without a modular file and without `Copied from`, the others. "
        f"Probabilities of files {sets['tune']} are cross-validated. Candidates: `earlier`.",
        "",
        *markdown_table(
            ("models", "threshold", "modular files", "misses", "others", "false alarms"),
            [
                (
                    sets[point.models],
                    f"{point.threshold:.2f}",
                    str(point.related),
                    _share(point.misses),
                    str(point.unrelated),
                    _share(point.false_alarms),
                )
                for point in calibration.curve
            ],
        ),
        "",
        "What probabilities mean: modular files and others have the same weight.",
        "",
        *markdown_table(
            ("models", "stated", "files", "mean stated", "modular files"),
            [
                (
                    sets[row.models],
                    f"{row.low:.2f} to {row.high:.2f}",
                    str(row.files),
                    _share(row.stated),
                    _share(row.related),
                )
                for row in calibration.reliability
            ],
        ),
    ]


def _share(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f}"


def _figure(value: Estimate | None) -> str:
    if value is None:
        return "-"
    return f"{100 * value.mean:.1f} ({100 * value.low:.1f}-{100 * value.high:.1f})"
