from __future__ import annotations

from typing import Any

import pytest

from rules_transformers_contract.goodput_limits import limit


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("time_to_first_token=200ms", ("time_to_first_token", 200e6)),
        (" per_token=0.02s ", ("per_token", 20e6)),
        ("per_token=900us", ("per_token", 900e3)),
        *(
            (wrong, None)
            for wrong in (
                *("", "per_token", "per_token=", "per_token=20", "per_token=-1ms", "per_token=0ms"),
                *("decode=20ms", "per_token=20 ms", "per_token=1e3ms", "per_token=٣ms", "=20ms"),
            )
        ),
    ],
)
def test_a_limit_is_a_name_and_a_time(text: str, expected: Any) -> None:
    named = limit(text)
    assert (named is None) == (expected is None)
    if named is not None:
        assert named[0] == expected[0]
        assert named[1] == pytest.approx(expected[1])
