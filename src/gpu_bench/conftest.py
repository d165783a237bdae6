"""What the tests of judging share."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gpu_bench import simulated
from gpu_bench.measurement import Measurement

QUIET = simulated.SHAPES[0]


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
        path.write_text(json.dumps({**simulated.document(measured.first), **changes}))
        return path

    return make
