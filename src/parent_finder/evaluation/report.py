"""The evaluation as a Markdown page and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from parent_finder.evaluation.ranking import METRICS, Alarms, Estimate, Evaluation

SCHEMA = 1
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
        return {key: _rounded(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(one) for one in value]
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
        *_table(rows),
        "",
        f"Nothing is similar to a file when earlier models have less than {result.threshold:.2f} "
        "of its methods' tokens unchanged. Unrelated: no modular file, and no `Copied from` in it.",
        "",
        *_table([_ALARMS, *(_alarm(one, result) for one in result.alarms)]),
    ]
    return "\n".join(lines) + "\n"


_ALARMS = (
    *("models", "unrelated files", "false alarms", "with parents", "found"),
    "known share of unrelated files at quantiles 0.5, 0.8, 0.9, 0.95",
)


def _alarm(one: Alarms, result: Evaluation) -> tuple[str, ...]:
    return (
        _SETS[one.models].format(result.tuned_until),
        str(one.unrelated),
        f"{100 * one.false_alarms:.1f}",
        str(one.related),
        f"{100 * one.found:.1f}",
        ", ".join(f"{value:.2f}" for value in one.quantiles),
    )


def _figure(value: Estimate | None) -> str:
    if value is None:
        return "-"
    return f"{100 * value.mean:.1f} ({100 * value.low:.1f}-{100 * value.high:.1f})"


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    ruled = [rows[0], ["---"] * len(rows[0]), *rows[1:]]
    return ["| " + " | ".join(row) + " |" for row in ruled]
