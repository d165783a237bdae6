"""Requests under load: a sweep of concurrency in order, and what kept the limits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gpu_bench.report.collection import collect
from gpu_bench.report.load import Limits, read_limits, under_load
from gpu_bench.report.page import page
from gpu_bench.report.runs import devices
from gpu_bench.testing.run_factory import MadeUp, document, write_json
from toolkit.errors import InputError


def device_of(place: Path) -> Any:
    """A sweep of three concurrencies: with more in progress, each request takes longer."""
    for concurrency in (8, 1, 2):
        address = f"models/x:b@concurrency={concurrency}"
        request = {"continuous_batching": True, "batch_size": 8, "concurrency": concurrency}
        content = document(MadeUp(address=address, samples=5, request=request))
        for process in content["processes"]:
            for sample in process["samples"]:
                sample["end_to_end"] = 8_000_000_000 // concurrency
                sample["requests"] = [
                    [number * 10_000_000, concurrency * 5_000_000] for number in range(1, 9)
                ]
        write_json(place / str(concurrency) / "result.json", content)
    collected = collect([place])
    assert not collected.problems, collected.problems
    (device,) = devices(collected.runs)
    return device


def test_a_sweep_is_in_order_of_concurrency(tmp_path: Path) -> None:
    loads = under_load(device_of(tmp_path).benchmarks, Limits())
    assert [load.in_progress for load in loads] == [1, 2, 8]
    assert [load.requests_per_second for load in loads] == pytest.approx([1, 2, 8])
    assert [load.per_token[0] for load in loads] == [5e6, 10e6, 40e6]
    assert {load.time_to_first_token[0] for load in loads} == {45e6}
    assert {load.goodput for load in loads} == {None}


def test_goodput_counts_requests_that_keep_all_limits(tmp_path: Path) -> None:
    limits = read_limits(["time_to_first_token=60ms", "per_token=0.01s"])
    loads = under_load(device_of(tmp_path).benchmarks, limits)
    # Six of eight are early enough; with eight in progress none is fast enough.
    assert [load.goodput for load in loads] == pytest.approx([0.75, 1.5, 0])


def test_the_page_states_the_limits(tmp_path: Path) -> None:
    device = device_of(tmp_path)
    text = page((device,), (), read_limits(["per_token=10ms"]))
    assert "requests that took at most 10 ms for each further token" in text
    assert "2.00/s" in text
    assert "no limits given" in page((device,), ())


@pytest.mark.parametrize("text", ["per_token", "per_token=10", "token=10ms", "per_token=-1ms"])
def test_what_is_no_limit_is_refused(text: Any) -> None:
    with pytest.raises(InputError, match="is not a limit of a request"):
        read_limits([text])


@pytest.mark.parametrize("requests", [[[1]], [[1, -2]], [1], [[1, "2"]]])
def test_damaged_times_are_located(tmp_path: Path, requests: Any) -> None:
    content = document(MadeUp())
    content["processes"][0]["samples"][0]["requests"] = requests
    write_json(tmp_path / "result.json", content)
    with pytest.raises(InputError, match=r"`processes\[0\]\.samples\[0\]\.requests` must be"):
        collect([tmp_path])
