"""The table of what a release cannot measure, held against the installed release.

Without what is compiled, which takes a compiler minutes, and without continuous batching, which has
threads of its own: `python -m gpu_bench.testing.combinations` tries these too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import transformers

from gpu_bench.request import combinations as request_combinations
from gpu_bench.testing import combinations as command
from gpu_bench.testing.combinations import attempt, combinations
from rules_transformers_contract.release_refusals import FAILED, features, release_refusal

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


@pytest.mark.parametrize("proposals", ["assistant", "prompt_lookup"])
def test_proposed_tokens_are_refused_where_transformers_refuses_them(
    monkeypatch: pytest.MonkeyPatch, proposals: str
) -> None:
    settings = {**command.PROPOSALS[proposals], "batch_size": 2}
    monkeypatch.setattr(request_combinations, "refusal", lambda _: None)
    assert "batch_size = 1" in attempt(settings)[0]


@pytest.mark.parametrize(
    ("release", "fails", "exit_code"),
    [
        ("5.23.0", "BlockMask", 0),
        ("5.23.0", "nothing", 1),
        ("5.24.0", "nothing", 0),
        ("5.24.0", "BlockMask", 1),
        ("9.0.0", "nothing", 1),
    ],
)
def test_a_release_is_checked_against_the_table(
    monkeypatch: pytest.MonkeyPatch, release: Any, fails: Any, exit_code: Any
) -> None:
    def stand_in(settings: Mapping[str, Any]) -> tuple[str, bool]:
        named = features({"cache_implementation": None, **settings})
        refused = fails == "BlockMask" and named in FAILED["5.23.0"]
        return ("BlockMask" if refused else "", refused)

    monkeypatch.setattr(command, "attempt", stand_in)
    monkeypatch.setattr("transformers.__version__", release)
    monkeypatch.setattr("sys.argv", ["combinations", "--check"])
    assert command.main() == exit_code
