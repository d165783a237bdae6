from __future__ import annotations

import sys
from collections import defaultdict
from types import SimpleNamespace
from typing import Any

import pytest

from gpu_bench.measure.compilations import CompilationCounter, Compilations


class Graph:
    """Acts like `torch.cuda.CUDAGraph`."""

    def capture_begin(self, pool: Any = None) -> str:
        return f"began in {pool}"


def test_what_is_compiled_and_captured_since_the_last_call_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counters: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    monkeypatch.setitem(sys.modules, "torch._dynamo.utils", SimpleNamespace(counters=counters))
    counters["stats"]["unique_graphs"] = 3
    counter = CompilationCounter(SimpleNamespace(CUDAGraph=type("Own", (Graph,), {})))
    assert counter.since_last() == Compilations(0, 0)
    counters["stats"]["unique_graphs"] += 2
    assert counter.since_last() == Compilations(2, 0)
    counters.clear()
    assert counter.since_last() == Compilations(0, 0)


def test_captures_go_through_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "torch._dynamo.utils", raising=False)
    own = type("Own", (Graph,), {})
    counter = CompilationCounter(SimpleNamespace(CUDAGraph=own))
    assert own().capture_begin(pool=7) == "began in 7"
    assert own().capture_begin() == "began in None"
    assert counter.since_last() == Compilations(0, 2)
    assert counter.since_last() == Compilations(0, 0)


def test_a_build_without_cuda_graphs_has_none() -> None:
    assert CompilationCounter(SimpleNamespace()).since_last().captures == 0
