"""Coverage as JSON, as tables for the docs, and as text for a terminal."""

from __future__ import annotations

import json
import statistics
from collections import Counter
from collections.abc import Iterable, Sequence

from tiny_models.coverage.run import STEPS, Result
from tiny_models.transformers_api import catalogue

_OTHER = "other"
# Characters of a cause in a table.
_CELL = 160
_MEANING = """\
Kinds show in the parameters of `forward`: `pixel_values` and the like, patches and features
of regions are pictures; `pixel_values_videos` and sessions are videos, and so is `pixel_values`
where the class says that it takes videos and no pictures; spectrograms, waveforms, codes and
latents are sound. A class counts only if it ran on something of each kind that its `forward` names,
all in one pass, with as many placeholder tokens as it makes features. Text alone is therefore
native exactly where `forward` names nothing else, as in the text part of a larger model. Text may
stay away: a model that translates speech or text reads one of them. `other` are series,
trajectories and states, and classes that lack a package."""


def as_json(results: Sequence[Result]) -> str:
    """All results, with the sums."""
    return json.dumps(
        {
            "schema": 1,
            "transformers_version": catalogue.version(),
            "summary": dict(_summary(results)),
            "classes": [result.to_json() for result in results],
        },
        indent=1,
    )


def _summary(results: Sequence[Result]) -> Iterable[tuple[str, float]]:
    good = [result for result in results if result.ok]
    yield "classes", len(results)
    yield "ok", len(good)
    yield "percent", round(100 * len(good) / max(1, len(results)), 2)
    yield "median_bytes", statistics.median([result.size for result in good] or [0])
    yield "largest_bytes", max((result.size for result in good), default=0)
    yield "cpu_seconds", round(sum(result.seconds for result in results), 1)


def _reached_at_least(results: Sequence[Result], step: str) -> int:
    return sum(STEPS.index(result.reached) > STEPS.index(step) for result in results)


def as_text(results: Sequence[Result]) -> str:
    """The sums, and each class that is not ok with its cause."""
    lines = [f"{name:14} {value:,}" for name, value in _summary(results)]
    bad = [result for result in results if not result.ok]
    if bad:
        lines.append("")
        lines += [f"{result.architecture}: {result.reached}: {result.cause}" for result in bad]
    return "\n".join(lines) + "\n"


def as_markdown(results: Sequence[Result]) -> str:
    """Tables by step and by modality, and the list of classes that are not ok."""
    total = len(results)
    lines = [
        f"Model classes of the auto mappings of transformers {catalogue.version()}: {total}.",
        "",
        "| step | classes | share |",
        "|---|---:|---:|",
    ]
    names = {
        "package": "class and its packages are there",
        "instantiate": "instantiated",
        "forward": "forward pass",
        "native": "on every kind of input that `forward` names",
        "round-trip": "saved and loaded, outputs bit-identical",
        "size": "under 5 MB",
    }
    for step, text in names.items():
        count = _reached_at_least(results, step)
        lines.append(f"| {text} | {count} | {100 * count / max(1, total):.1f} % |")
    median = dict(_summary(results))["median_bytes"]
    lines += ["", f"Median size of a model on disk: {median / 1000:,.0f} kB.", ""]
    lines += ["| `forward` names | classes | ok |", "|---|---:|---:|"]
    kinds = Counter(result.takes or _OTHER for result in results)
    good = Counter(result.takes or _OTHER for result in results if result.ok)
    lines += [f"| {kind} | {count} | {good[kind]} |" for kind, count in kinds.most_common()]
    lines += ["", "| those that are ok ran on | classes |", "|---|---:|"]
    given = Counter(result.ran_on or _OTHER for result in results if result.ok)
    lines += [f"| {kind} | {count} |" for kind, count in given.most_common()]
    lines += ["", _MEANING, "", *_of_processors(results)]
    bad = [result for result in results if not result.ok]
    if bad:
        lines += ["", "| class | stops at | cause |", "|---|---|---|"]
        lines += [f"| `{b.architecture}` | {b.reached} | {_cell(b.cause)} |" for b in bad]
    return "\n".join(lines) + "\n"


def _of_processors(results: Sequence[Result]) -> list[str]:
    """Tables of the classes that were given what their fixtures' processors make."""
    counts = Counter(result.processors for result in results if result.processors)
    tried = counts["ok"] + counts["fails"]
    lines = [
        f"The processors of {tried} fixtures made inputs of a picture, a sound and a text; "
        f"{counts['ok']} models ran on them ({100 * counts['ok'] / max(1, tried):.1f} %). "
        f"{counts['refused']} other fixtures have processors that want something else.",
    ]
    failing = [result for result in results if result.processors == "fails"]
    if failing:
        lines += ["", "| class that does not run on them | cause |", "|---|---|"]
        lines += [f"| `{bad.architecture}` | {_cell(bad.processors_cause)} |" for bad in failing]
    return lines


def _cell(text: str) -> str:
    short = text if len(text) <= _CELL else text[: _CELL - 3] + "..."
    return short.replace("|", "\\|").replace("<", "&lt;")
