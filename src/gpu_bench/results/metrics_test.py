from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gpu_bench.results.measurement import Measurement
from gpu_bench.results.metrics import METRICS
from gpu_bench.results.reader import QUANTILES, gap_quantiles

BY_NAME = {metric.name: metric for metric in METRICS}


def test_each_metric_has_its_own_name_and_values(measure: Callable[..., Measurement]) -> None:
    assert len(BY_NAME) == len(METRICS)
    process = measure(1).processes[0]
    number = len(process.end_to_end)
    for metric in METRICS:
        values = metric.values(process)
        assert len(values) in (0, 1, number), metric.name
        assert np.all(values > 0)
        if metric.clocked:
            assert len(values) == number


def test_tokens_per_second_are_those_of_all_prompts(measure: Callable[..., Measurement]) -> None:
    process = replace(measure(1).processes[0], tokens=8 * 100, end_to_end=np.array([2e9]))
    assert BY_NAME["tokens_per_second"].values(process) == pytest.approx([400])
    assert BY_NAME["tokens_per_second"].higher_is_better


@pytest.mark.parametrize(("name", "needed"), [("p95", 200), ("p99", 1000)])
def test_a_percentile_needs_enough_gaps(
    measure: Callable[..., Measurement], name: str, needed: int
) -> None:
    def values(number: int) -> Any:
        gaps = np.arange(1.0, number + 1)
        process = replace(measure(1).processes[0], gap_quantiles=gap_quantiles(gaps))
        return BY_NAME[f"inter_token_{name}"].values(process)

    assert values(needed) == pytest.approx([needed * QUANTILES[name][0]], rel=0.01)
    assert len(values(needed - 1)) == 0


def test_the_interval_of_a_percentile_holds_the_truth() -> None:
    rng = np.random.default_rng(7)
    held = dict.fromkeys(QUANTILES, 0)
    for _ in range(400):
        quantiles = gap_quantiles(1e6 * rng.exponential(size=2000))
        for name, quantile in quantiles.items():
            truth = -1e6 * math.log(1 - QUANTILES[name][0])
            assert quantile.low <= quantile.value <= quantile.high
            held[name] += quantile.low <= truth <= quantile.high
    assert all(number >= 0.93 * 400 for number in held.values())


def test_peaks_are_those_of_prefill_and_decode(measure: Callable[..., Measurement]) -> None:
    process = replace(
        measure(1).processes[0],
        memory={
            "first_run": {"peak_allocated": 9, "peak_reserved": 9},
            "prefill": {"peak_allocated": 3, "peak_reserved": 8},
            "decode": {"peak_allocated": 5, "peak_reserved": 6},
        },
    )
    assert BY_NAME["peak_allocated"].values(process) == [5]
    assert BY_NAME["peak_reserved"].values(process) == [8]
    assert BY_NAME["first_run_peak_allocated"].values(process) == [9]
    assert len(BY_NAME["load_peak_allocated"].values(process)) == 0
    assert len(BY_NAME["peak_allocated"].values(replace(process, memory={}))) == 0
