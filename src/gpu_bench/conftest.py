"""What several tests need: simulated measurements, a small request, a CUDA without a card."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gpu_bench.request.fields import Request
from gpu_bench.request.reader import parse_request
from gpu_bench.results.measurement import Measurement
from gpu_bench.testing import simulated, simulated_file
from gpu_bench.testing.machines import MACHINE, FakeNvml

QUIET = simulated.MODELS[0]


@pytest.fixture
def measure() -> Callable[..., Measurement]:
    """Simulates a quiet measurement: ``measure(seed, processes=..., delay=...)``."""

    def make(seed: int, *, processes: int = 4, delay: float = 0.0) -> Measurement:
        side = simulated.side(QUIET, np.random.default_rng(seed), delay=delay)
        return side.measure(processes, 10)

    return make


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes the result file of a measurement: ``write("new.json", measurement, **changes)``."""

    def make(name: str, measured: Measurement, **changes: Any) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({**simulated_file.document(measured.first), **changes}))
        return path

    return make


SCHEMAS = Path(__file__).parent / "schemas"

TINY_CONFIG = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": 256,
    "max_position_embeddings": 512,
}


def tiny(**fields: Any) -> dict[str, Any]:
    """A request that a CPU measures in seconds."""
    return {
        "schema": 1,
        "address": "bench:tiny",
        "device": "cpu",
        "model": {"model_type": "qwen2"},
        "config": TINY_CONFIG,
        "batch_size": 2,
        "sequence_length": 16,
        "num_tokens": 4,
        "processes": 1,
        "min_warmup": 1,
        "max_warmup": 3,
        "min_samples": 3,
        "max_samples": 4,
        "min_seconds": 0,
        **fields,
    }


def tiny_request(**fields: Any) -> Request:
    """The same, parsed."""
    return parse_request(json.dumps(tiny(**fields)))


@pytest.fixture
def write_request(tmp_path: Any) -> Any:
    """Writes a request; returns its path."""

    def write(values: Any) -> str:
        path = tmp_path / "request.json"
        path.write_text(values if isinstance(values, str) else json.dumps(values))
        return str(path)

    return write


@pytest.fixture
def result_schema() -> Any:
    """The schema of results."""
    return json.loads((SCHEMAS / "result.schema.json").read_text())


class FakeEvent:
    """Notes the host's clock where a real event notes the card's."""

    def __init__(self, enable_timing: bool) -> None:
        assert enable_timing
        self.recorded: int | None = None

    def record(self) -> None:
        self.recorded = time.perf_counter_ns()

    def elapsed_time(self, later: FakeEvent) -> float:
        assert self.recorded is not None
        assert later.recorded is not None
        return (later.recorded - self.recorded) / 1e6


class FakeCuda:
    """Acts like `torch.cuda` as far as measuring asks it; memory is what a test sets.

    What is no longer in use stays reserved, as with torch's allocator.
    """

    def __init__(self) -> None:
        self.events = 0
        self.calls: list[str] = []
        self.in_use = self.reserved = 100
        self._peak = self._peak_reserved = 100

    def Event(self, enable_timing: bool) -> FakeEvent:
        self.events += 1
        return FakeEvent(enable_timing)

    def use(self, size: int) -> None:
        self.in_use = size
        self.reserved = max(self.reserved, size)
        self._peak = max(self._peak, size)
        self._peak_reserved = max(self._peak_reserved, self.reserved)

    def synchronize(self) -> None:
        self.calls.append("synchronize")

    def empty_cache(self) -> None:
        self.calls.append("empty_cache")
        self.reserved = self.in_use

    def reset_peak_memory_stats(self) -> None:
        self.calls.append("reset")
        self._peak = self.in_use
        self._peak_reserved = self.reserved

    def max_memory_allocated(self) -> int:
        return self._peak

    def max_memory_reserved(self) -> int:
        return self._peak_reserved


@pytest.fixture
def fake_cuda() -> Any:
    return FakeCuda()


@pytest.fixture
def fake_nvml() -> FakeNvml:
    """NVML with one H200."""
    return MACHINE["one H200"].nvml()
