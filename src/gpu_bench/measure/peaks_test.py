"""Peaks of the host, held against work of the same kind."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
import torch

from gpu_bench.cli.main import main
from gpu_bench.device.torch_device import CpuDevice
from gpu_bench.measure import peaks
from gpu_bench.results.peaks import read_measured


def test_no_work_is_faster_than_the_peaks() -> None:
    rates = peaks.measure_peaks(CpuDevice(), None, seconds=0.5)
    left = torch.randn(512, 512)
    started = time.perf_counter()
    for _ in range(20):
        left @ left
    rate = 20 * 2 * 512**3 / (time.perf_counter() - started)
    # The best repetition beside a mean; a shared machine varies.
    assert rate < 1.5 * rates["operations"]["float32"]
    assert set(rates["operations"]) >= {"bfloat16", "float32"}
    assert rates["bandwidth"] > 1e8


def test_little_memory_is_enough() -> None:
    rates = peaks.measure_peaks(CpuDevice(), 8 << 20, seconds=0.01)
    assert min(rates["operations"].values()) > 0


def test_the_command_writes_what_a_report_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(peaks.measure_peaks, "__defaults__", (0.02,))
    path = tmp_path / "peaks.json"
    assert main(["peaks", "--device=cpu", f"--output={path}"]) == 0
    ((digest, read),) = read_measured([path]).items()
    written = json.loads(path.read_text())
    assert digest == written["fingerprint"]["digest"]
    assert read.bandwidth == written["bandwidth"]
