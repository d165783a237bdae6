"""What a run's metrics come to, and which percentiles a number of gaps supports."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_bench.report.aggregates import figure, gaps, percentiles
from gpu_bench.report.collection import collect
from gpu_bench.testing.run_factory import MadeUp, document, write_json, write_run


def test_a_figure_is_the_centre_of_processes_between_their_extremes(tmp_path: Path) -> None:
    content = document(MadeUp(samples=5, shape="processes 1 %"))
    write_json(tmp_path / "result.json", content)
    (run,) = collect([tmp_path]).runs
    centre = figure(run, "end_to_end")
    medians = [
        np.median([sample["end_to_end"] for sample in process["samples"]])
        for process in content["processes"]
    ]
    assert centre.low == pytest.approx(min(medians), rel=0.005)
    assert centre.high == pytest.approx(max(medians), rel=0.005)
    assert centre.low < centre.value < centre.high
    assert figure(run, "peak_allocated").value == 17_000_000_000


def test_a_figure_is_the_verdicts_where_there_is_one(tmp_path: Path) -> None:
    write_run(tmp_path / "a", MadeUp(samples=5), base=MadeUp(seed=1, samples=5))
    (run,) = collect([tmp_path]).runs
    assert figure(run, "end_to_end").value == run.verdict.metrics["end_to_end"].new


def test_a_metric_that_was_not_measured_has_no_figure(tmp_path: Path) -> None:
    content = document(MadeUp(samples=3))
    for process in content["processes"]:
        process["memory"] = {}
    write_json(tmp_path / "result.json", content)
    (run,) = collect([tmp_path]).runs
    assert figure(run, "peak_allocated") is None


def test_gaps_are_pooled_over_all_processes_and_rounds(tmp_path: Path) -> None:
    write_run(tmp_path, MadeUp(samples=3), MadeUp(seed=1, samples=4, round_number=1))
    (run,) = collect([tmp_path]).runs
    samples = sum(len(process.end_to_end) for process in run.measurement.processes)
    pooled = gaps(run.measurement.processes)
    assert len(pooled) == samples * 127
    assert (np.diff(pooled) >= 0).all()


@given(st.integers(1, 30_000))
def test_a_percentile_has_ten_values_beyond_it_or_is_not_given(number: Any) -> None:
    computed = percentiles(np.arange(number, dtype=float))
    for percentile in computed:
        beyond = number * (1 - percentile.percent / 100)
        assert (percentile.value is not None) == (beyond >= 10 - 1e-6)
        if percentile.value is not None:
            assert percentile.value == pytest.approx((number - 1) * percentile.percent / 100)
