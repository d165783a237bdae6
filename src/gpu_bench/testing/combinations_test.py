"""The table of what a release cannot measure, held against the installed release.

Without what is compiled, which takes a compiler minutes, and without continuous batching, which has
threads of its own: `python -m gpu_bench.testing.combinations` tries these too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import transformers

from gpu_bench.testing.combinations import attempt, combinations
from rules_transformers_contract.release_refusals import release_refusal

PLAIN = [
    settings
    for settings in combinations()
    if settings["compile_mode"] is None and not settings["continuous_batching"]
]


def test_every_attention_and_cache_is_tried() -> None:
    assert {settings["attn_implementation"] for settings in PLAIN} == {
        "eager",
        "sdpa",
        "flex_attention",
    }
    assert {settings["cache_implementation"] for settings in PLAIN} == {None, "static"}


@pytest.mark.parametrize("settings", PLAIN, ids=str)
def test_the_table_is_right_for_the_installed_release(settings: Mapping[str, Any]) -> None:
    reason, _ = attempt(settings)
    refused = release_refusal(settings, transformers.__version__)
    assert bool(reason) == (refused is not None), reason
