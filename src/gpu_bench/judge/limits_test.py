from __future__ import annotations

from typing import Any

import pytest

from gpu_bench.judge.limits import tolerances
from gpu_bench.results.metrics import METRICS
from toolkit.errors import InputError


def test_defaults_all_and_one() -> None:
    assert tolerances([]) == {metric.name: metric.tolerance for metric in METRICS}
    assert set(tolerances(["3%"]).values()) == {0.03}
    chosen = tolerances(["peak_allocated=1%", "0.05"])
    assert chosen.pop("peak_allocated") == 0.01
    assert set(chosen.values()) == {0.05}
    assert tolerances(["end_to_end = 2.5 %"])["end_to_end"] == pytest.approx(0.025)
    assert tolerances(["peak_reserved=0"])["peak_reserved"] == 0


@pytest.mark.parametrize("limit", ["", "3", "100%", "-1%", "abc", "nan", "end_to_end=", "1e-2"])
def test_what_is_no_share_is_named(limit: Any) -> None:
    with pytest.raises(InputError, match="is not a share") as caught:
        tolerances([limit])
    assert caught.value.place == f"--max-regression={limit}"


def test_an_unknown_metric_is_named() -> None:
    with pytest.raises(InputError, match="there is no metric 'latency'") as caught:
        tolerances(["latency=1%"])
    assert "end_to_end" in caught.value.hint
