"""How changes are written for people."""

from __future__ import annotations

from typing import Any

import pytest

from gpu_bench.judge.metric_verdict import Ratio, percent, signed, signed_percent


@pytest.mark.parametrize(
    ("share", "digits", "text"),
    [
        (0.0, 1, "0.0"),
        (-0.0, 1, "0.0"),
        (-0.0004, 1, "0.0"),
        (0.0004, 1, "0.0"),
        (-0.00051, 1, "-0.1"),
        (0.012, 1, "+1.2"),
        (-0.00004, 2, "0.00"),
        (-0.0004, 2, "-0.04"),
    ],
)
def test_what_rounds_to_zero_has_no_sign(share: Any, digits: Any, text: Any) -> None:
    assert signed_percent(share, digits) == text


def test_no_figure_of_a_ratio_is_a_signed_zero() -> None:
    assert percent(Ratio(0.9999, 0.99, 1.0001)) == "0.0 % (-1.0 to 0.0)"
    assert signed(0.9999) == "0.0 %"
