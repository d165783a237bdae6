"""All tokenizers of the library: what can be made is made, and what not is known."""

from __future__ import annotations

import pytest

from tiny_models.coverage.asset_report import AssetRow
from tiny_models.coverage.tokenizers import report

# Saved again by their classes these lose what they need.
DAMAGED_BY_SAVING = {"bertweet", "clvp"}
LACKING = {"fastspeech2_conformer"}


@pytest.fixture(scope="module")
def rows() -> list[AssetRow]:
    return list(report())


def test_every_type_is_made_and_loads_as_its_class(rows: list[AssetRow]) -> None:
    assert len(rows) >= 309
    assert {row.model_type for row in rows if row.status != "built"} == LACKING
    assert [row for row in rows if row.status == "built" and not row.loaded] == []


def test_saving_again_changes_nothing(rows: list[AssetRow]) -> None:
    changed = {row.model_type for row in rows if row.status == "built" and not row.resaved}
    assert changed == DAMAGED_BY_SAVING
