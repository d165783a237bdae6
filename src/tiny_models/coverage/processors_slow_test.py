"""All processors of the library: what can be made is made, and what not is known."""

from __future__ import annotations

import pytest

from tiny_models.coverage.asset_report import AssetRow
from tiny_models.coverage.processors import report

# A codec's model, or tokenizers, of a repository of its own; a file that the model has anyway.
IMPOSSIBLE = {"dia", "higgs_audio_v2", "mgp-str", "timm_wrapper", "voxtral_realtime"}
# Its tokenizer is what changes.
DAMAGED_BY_SAVING = {"clvp"}


@pytest.fixture(scope="module")
def rows() -> list[AssetRow]:
    return list(report())


def test_only_what_is_known_cannot_be_made(rows: list[AssetRow]) -> None:
    assert len(rows) > 450
    assert {row.model_type for row in rows if row.status == "fails"} <= IMPOSSIBLE
    assert [row for row in rows if row.status == "built" and not row.loaded] == []


def test_what_lacks_a_package_names_it(rows: list[AssetRow]) -> None:
    lacking = [row for row in rows if row.status == "lacks"]
    assert all("which is not installed" in row.reason for row in lacking)
    assert len(lacking) < len(rows) / 2


def test_saving_again_changes_nothing(rows: list[AssetRow]) -> None:
    changed = {row.model_type for row in rows if row.status == "built" and not row.resaved}
    assert changed <= DAMAGED_BY_SAVING
