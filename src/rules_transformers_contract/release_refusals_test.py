from __future__ import annotations

from typing import Any

import pytest

from rules_transformers_contract.release_refusals import FAILED, features, release_refusal

_SETTINGS: dict[str, Any] = {
    "attn_implementation": "flex_attention",
    "cache_implementation": None,
    "compile_mode": None,
    "continuous_batching": False,
    "assistant": None,
    "prompt_lookup_tokens": None,
}


def test_only_what_decides_is_a_feature() -> None:
    assert features({**_SETTINGS, "compile_mode": "max-autotune", "batch_size": 3}) == {
        "attn_implementation": "flex_attention",
        "compiled": True,
        "cache": "static",
        "proposals": None,
    }
    assert features({**_SETTINGS, "continuous_batching": True})["cache"] == "paged"
    assert features(_SETTINGS)["cache"] == "dynamic"
    assert features({**_SETTINGS, "assistant": ":draft"})["proposals"] == "assistant"
    assert features({**_SETTINGS, "prompt_lookup_tokens": 4})["proposals"] == "prompt_lookup"


def test_the_releases_that_this_repository_is_checked_against_were_tried() -> None:
    assert {"5.23.0", "5.24.0"} <= set(FAILED)


@pytest.mark.parametrize(
    ("release", "refused"), [("5.23.0", True), ("5.23.9", True), ("5.24.0", False), ("6", False)]
)
def test_a_refusal_names_the_release_and_the_remedy(release: str, refused: bool) -> None:
    found = release_refusal({**_SETTINGS, "compile_mode": "default"}, release)
    assert (found is not None) == refused
    if found is not None:
        assert found.message == (
            f"transformers {release} cannot generate with "
            '`attn_implementation="flex_attention"` and a static cache (`compile_mode="default"`)'
        )
        assert found.hint.startswith("use transformers 5.24.0")
