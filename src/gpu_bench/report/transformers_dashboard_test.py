"""The export has the names, the types and the units that the dashboard of transformers reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gpu_bench.report import transformers_dashboard
from gpu_bench.report.collection import collect
from gpu_bench.testing.run_factory import MadeUp, document, write_json, write_run

CONFIG = {
    "name",
    "warmup_iterations",
    "measurement_iterations",
    "gpu_monitoring",
    "continuous_batching",
    "batch_size",
    "sequence_length",
    "num_tokens_to_generate",
    "attn_implementation",
    "compile_kwargs",
    "kernelize",
}
MEASUREMENTS = {
    "e2e_latency",
    "time_to_first_token",
    "inter_token_latency",
    "shape_and_decoded_outputs",
    "gpu_metrics",
    "timestamps",
}
METADATA = {
    "model_id",
    "timestamp",
    "branch_name",
    "commit_id",
    "commit_message",
    "hardware_info",
    "success",
}


def exported(directory: Any) -> tuple[list[dict], list[dict]]:
    files = transformers_dashboard.files(collect([directory]).runs)
    full, summarized = sorted(files)
    assert full.startswith("full_results/benchmark_run_")
    assert summarized.startswith("summarized_results/benchmark_run_")
    return tuple(
        [json.loads(line) for line in files[name].splitlines()] for name in (full, summarized)
    )


def test_names_are_theirs(tmp_path: Path) -> None:
    write_run(tmp_path, MadeUp(samples=4), commit="c" * 40)
    for (row,) in exported(tmp_path):
        assert set(row) == {"benchmark_config_hash", "config", "measurements", "metadata"}
        assert set(row["config"]) == CONFIG
        assert set(row["measurements"]) == MEASUREMENTS
        assert set(row["metadata"]) == METADATA
        assert len(row["benchmark_config_hash"]) == 64
        assert row["metadata"]["hardware_info"] == {
            "gpu_name": "NVIDIA Example 80GB",
            "gpu_memory_total_gb": 80.0,
            "python_version": "3.11",
            "torch_version": "2.13.0",
        }
        assert row["metadata"]["commit_id"] == "c" * 40
        assert row["metadata"]["timestamp"] == "2026-03-01T10:00:00+00:00"
        assert row["metadata"]["success"] is True


def test_times_are_seconds_and_add_up(tmp_path: Path) -> None:
    content = document(MadeUp(samples=4))
    write_json(tmp_path / "result.json", content)
    (full,), (summarized,) = exported(tmp_path)
    samples = [sample for process in content["processes"] for sample in process["samples"]]
    values = full["measurements"]
    for number, sample in enumerate(samples):
        assert values["e2e_latency"][number] == pytest.approx(sample["end_to_end"] / 1e9)
        (stamps,) = values["timestamps"][number]
        assert len(stamps) == 128
        assert stamps[0] == values["time_to_first_token"][number]
        latency = (stamps[-1] - stamps[0]) / 127
        assert values["inter_token_latency"][number] == pytest.approx(latency)
    assert len(values["shape_and_decoded_outputs"]) == len(samples)
    assert summarized["measurements"] == {**values, "timestamps": None}


def test_rounds_are_one_row_and_runs_are_several(tmp_path: Path) -> None:
    write_run(tmp_path / "a", MadeUp(samples=3), MadeUp(seed=1, samples=3, round_number=1))
    write_run(tmp_path / "b", MadeUp(seed=2, samples=3, measured_at="2026-03-02T01:02:03Z"))
    full, summarized = exported(tmp_path)
    assert len(full) == len(summarized) == 2
    runs = collect([tmp_path]).runs
    assert (
        sorted(transformers_dashboard.files(runs))[0]
        == "full_results/benchmark_run_20260302_010203.jsonl"
    )
    assert full[0]["benchmark_config_hash"] == full[1]["benchmark_config_hash"]


@pytest.mark.parametrize(
    "request_field",
    [
        {"compile_mode": "reduce-overhead"},
        {"dtype": "float32"},
        {"cache_implementation": "static"},
        {"seed": 3},
        {"batch_size": 8},
    ],
)
def test_another_configuration_has_another_name_and_hash(
    tmp_path: Path, request_field: Any
) -> None:
    write_run(tmp_path / "a", MadeUp(samples=3))
    write_run(tmp_path / "b", MadeUp(samples=3, request=request_field))
    rows, _ = exported(tmp_path)
    assert len({row["config"]["name"] for row in rows}) == 2
    assert len({row["benchmark_config_hash"] for row in rows}) == 2


def test_the_name_says_what_theirs_says(tmp_path: Path) -> None:
    write_run(tmp_path, MadeUp(samples=3, request={"compile_mode": "default"}))
    (row,), _ = exported(tmp_path)
    expected = "w3_i10-monitored-b1_s1024_n128-sdpa-compiled_default-unkernelized-generate"
    assert row["config"]["name"] == expected
    assert row["config"]["compile_kwargs"] == {"mode": "default"}


def test_continuous_batching_has_no_stamps(tmp_path: Path) -> None:
    """The gaps of all requests are pooled, so that no request's can be recognised."""
    write_run(tmp_path, MadeUp(samples=3, request={"continuous_batching": True}))
    (row,), _ = exported(tmp_path)
    assert row["measurements"]["timestamps"] is None
    assert row["config"]["name"].endswith("-cb")


def test_a_failure_is_a_row_without_measurements(tmp_path: Path) -> None:
    problem = {"kind": "failed", "message": "m", "hint": ""}
    failed = {"status": "failed", "processes": [], "output": None, "problem": problem}
    write_run(tmp_path, MadeUp(changes=failed))
    (row,), _ = exported(tmp_path)
    assert row["metadata"]["success"] is False
    assert row["measurements"]["e2e_latency"] == []


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ({"repo_id": "org/model", "revision": "0" * 40}, "org/model"),
        ({"model_type": "llama"}, "models/qwen3:bench"),
    ],
)
def test_a_model_is_named_by_its_repository_or_its_target(
    tmp_path: Path, model: Any, expected: Any
) -> None:
    write_run(tmp_path, MadeUp(samples=3, request={"model": model}))
    (row,), _ = exported(tmp_path)
    assert row["metadata"]["model_id"] == expected
