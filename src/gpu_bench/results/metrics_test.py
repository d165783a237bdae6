from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from gpu_bench.results.measurement import Measurement
from gpu_bench.results.metrics import METRICS

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


def test_the_95th_percentile_needs_enough_gaps(measure: Callable[..., Measurement]) -> None:
    process = measure(1).processes[0]
    gaps = np.arange(1.0, 201.0)
    values = BY_NAME["inter_token_p95"].values
    assert values(replace(process, gaps=gaps)) == pytest.approx([190], abs=0.1)
    assert len(values(replace(process, gaps=gaps[:-1]))) == 0


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
