"""When sources that cannot be generated may be stood in for."""

from __future__ import annotations

import pytest

from rules_transformers.util_rules.run_goals import RunGoals


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("test",), True),
        (("lint", "test"), True),
        (("generate", "fmt", "test"), True),
        # They would ship a stand-in, or take it for code.
        (("test", "package"), False),
        (("check", "test"), False),
        (("export-codegen",), False),
        # Nothing would fail.
        (("lint",), False),
        ((), False),
    ],
)
def test_only_tests_get_stand_ins(names: tuple[str, ...], expected: bool) -> None:
    assert RunGoals(names).only_judge is expected
