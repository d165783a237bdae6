from __future__ import annotations

import pytest

from rules_transformers.tiny_fixtures.util_rules.fixture_names import FixtureNames


@pytest.mark.parametrize(
    ("models", "expected"),
    [
        (["m/x/modular_x.py"], [("tiny", "tiny-random/x")]),
        (["modular_x.py"], [("tiny", "tiny-random/x")]),
        (
            ["m/modular_x.py", "m/modular_y.py"],
            [("tiny_x", "tiny-random/x"), ("tiny_y", "tiny-random/y")],
        ),
        # The same directory in two places.
        (
            ["a/llama/modular_llama.py", "b/llama/modular_llama.py"],
            [("tiny", "tiny-random/a-llama"), ("tiny", "tiny-random/b-llama")],
        ),
        # The same file in two directories.
        (
            ["m/a/modular_x.py", "m/b/modular_x.py"],
            [("tiny", "tiny-random/a-x"), ("tiny", "tiny-random/b-x")],
        ),
        # One of them at the end of the other.
        (
            ["modular_x.py", "a/x/modular_x.py"],
            [("tiny", "tiny-random/x-c73b64"), ("tiny", "tiny-random/a-x")],
        ),
        # A model hub takes both for one.
        (
            ["a/modular_x.py", "b/modular_X.py"],
            [("tiny", "tiny-random/a-x"), ("tiny", "tiny-random/b-X")],
        ),
        (["m/é/modular_é.py"], [("tiny", "tiny-random/model")]),
    ],
)
def test_names_tell_models_apart(models: list[str], expected: list[tuple[str, str]]) -> None:
    names = FixtureNames(models, set(), set())
    assert [(names.target_name(path), names.repo_id(path)) for path in models] == expected


def test_names_that_are_used() -> None:
    names = FixtureNames(["m/x/modular_x.py"], {"m/x"}, {"tiny-random/X", "tiny-random/m-x"})
    assert names.target_name("m/x/modular_x.py") == "tiny_x"
    assert names.repo_id("m/x/modular_x.py") == "tiny-random/m-x-68859f"
