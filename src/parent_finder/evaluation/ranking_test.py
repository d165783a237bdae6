from __future__ import annotations

import json
from importlib import resources

import jsonschema
import pytest

from parent_finder.core.releases import known_releases
from parent_finder.evaluation import ranking, report
from parent_finder.ranking.reference_library import ReferenceLibrary


def test_figures_of_a_small_library(library: ReferenceLibrary, root: str) -> None:
    result = ranking.evaluate(library, root, "tune")
    assert result.sizes == {"tune": (1, 3)}
    rows = {(row.ranker, row.protocol): row.figures for row in result.rows}
    for name in ("a perfect ranker", "parent_finder", "Jaccard of identifiers"):
        figures = rows[name, "earlier"]
        for metric in (
            "any parent model @1",
            "any parent model @3",
            "model MRR",
            "class or ancestor @1",
            "class @1",
        ):
            estimate = figures[metric]
            assert estimate is not None
            assert (estimate.mean, estimate.low, estimate.high) == (1, 1, 1)
    assert rows["most inherited from", "earlier"]["class @1"] is None


def test_sets_are_split_by_release(library: ReferenceLibrary, root: str) -> None:
    assert ranking.split_of(library, "mistral") == "tune"
    assert ranking.split_of(library, "unheard_of") == "test"
    result = ranking.evaluate(library, root, "all")
    assert result.sizes == {"tune": (1, 3), "test": (0, 0)}


def test_an_estimate_holds_its_mean() -> None:
    estimate = ranking._estimate([0.0, 1.0, 1.0, None, 0.0, 1.0])
    assert estimate is not None
    assert estimate.mean == pytest.approx(0.6)
    assert 0 <= estimate.low < estimate.mean < estimate.high <= 1


def test_json_is_as_its_schema_says(library: ReferenceLibrary, root: str) -> None:
    path = resources.files("parent_finder").joinpath("schemas/evaluation.schema.json")
    content = report.as_json(ranking.evaluate(library, root, "all"))
    jsonschema.Draft202012Validator(json.loads(path.read_text())).validate(
        json.loads(json.dumps(content))
    )


def test_known_releases_are_in_order() -> None:
    known = known_releases()
    numbers = [tuple(int(part) for part in name.split(".")) for name in known.names]
    assert numbers == sorted(numbers)
    assert set(known.first_seen.values()) <= set(known.names)
    assert known.number("llama") < known.number("qwen3") < known.number("of_tomorrow")
