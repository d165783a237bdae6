"""Made-up directories of runs, as the build rules and the command line write them. For tests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from gpu_bench.judge import comparison
from gpu_bench.testing import simulated, simulated_file

MACHINES = {
    "one": {
        "digest": "1" * 64,
        "accelerator": {
            "name": "NVIDIA Example 80GB",
            "memory": 85_899_345_920,
            "driver": "570.86.15",
            "cuda": "12.8",
            "compute_capability": "9.0",
            "max_sm_clock": 1980,
            "max_memory_clock": 2619,
            "power_limit": 700.0,
        },
        "torch": "2.13.0",
        "device_hash": "0123456789abcdef",
    },
    "other": {
        "digest": "2" * 64,
        "accelerator": {"name": "NVIDIA Other 24GB", "memory": 25_769_803_776, "driver": "550.54"},
        "torch": "2.12.1",
        "device_hash": None,
    },
}


@dataclass(frozen=True)
class MadeUp:
    """A measurement to make up; ``changes`` replace fields of the result."""

    address: str = "models/qwen3:bench@attn_implementation=sdpa"
    seed: int = 0
    shape: str = "quiet"
    delay: float = 0.0
    processes: int = 2
    samples: int = 12
    machine: str = "one"
    measured_at: str = "2026-03-01T10:00:00+00:00"
    round_number: int = 0
    request: Mapping[str, Any] = field(default_factory=dict)
    changes: Mapping[str, Any] = field(default_factory=dict)


def document(made_up: MadeUp) -> dict[str, Any]:
    """The content of a result file, with gaps that vary, a warm-up and readings."""
    rng = np.random.default_rng(made_up.seed)
    shape = next(model for model in simulated.MODELS if model.name == made_up.shape)
    side = simulated.side(shape, rng, delay=made_up.delay)
    measured = side.measure(made_up.processes, made_up.samples, round_number=made_up.round_number)
    content = simulated_file.document(measured.first)
    content["address"] = made_up.address
    content["request"] = {
        **content["request"],
        "address": made_up.address,
        "attn_implementation": "sdpa",
        "compile_mode": None,
        "kernelize": False,
        "continuous_batching": False,
        "cache_implementation": None,
        "min_warmup": 3,
        "min_samples": 10,
        "telemetry": True,
        **made_up.request,
    }
    content["fingerprint"] = MACHINES[made_up.machine]
    content["measured_at"] = made_up.measured_at
    for process in content["processes"]:
        _enliven(process, rng)
    return {**content, **made_up.changes}


def _enliven(process: dict[str, Any], rng: np.random.Generator) -> None:
    settled = process["samples"][0]["end_to_end"]
    process["warmup"]["times"] = [
        int(settled * factor) for factor in (9.2, 1.09, 1.02, 1.004, 1.0 + rng.normal(0, 0.002))
    ]
    process["warmup"]["runs"] = 5
    for sample in process["samples"]:
        number = len(sample["inter_token"])
        factors = np.exp(rng.normal(0, 0.01, number))
        factors[rng.random(number) < 0.004] *= 1.6
        factors *= number / factors.sum()
        gaps = np.rint(factors * sample["decode"] / number).astype(int)
        sample["inter_token"] = [int(gap) for gap in gaps]
    end = process["samples"][-1]["start"] + settled
    times = np.arange(0, end, 100_000_000)
    heat = 1 - np.exp(-times / 6e9)
    process["telemetry"]["readings"] = [
        {
            "time": int(time),
            "sm_clock": int(1980 - 15 * rng.integers(0, 3)),
            "memory_clock": 2619,
            "power": round(float(180 + 320 * warm + rng.normal(0, 8)), 1),
            "temperature": int(41 + 22 * warm),
        }
        for time, warm in zip(times, heat, strict=True)
    ]
    process["telemetry"]["overhead"] = round(float(rng.normal(0.001, 0.001)), 5)


def write_json(path: Path, content: Any) -> None:
    """Writes a JSON file and the directories above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")


def write_run(
    directory: Path,
    *rounds: MadeUp,
    base: MadeUp | None = None,
    commit: str | None = None,
    dirty: bool = False,
) -> Path:
    """Lays a run out as the build rules do; with ``base`` it is judged. Returns the directory."""
    paths = []
    for number, made_up in enumerate(rounds):
        paths.append(directory / f"round{number}" / "result.json")
        write_json(paths[-1], document(made_up))
    if base is not None:
        baseline = directory.parent / f"{directory.name}-baseline.json"
        write_json(baseline, document(base))
        judged = comparison.compare(baseline, paths, [])
        (directory / "verdict.json").write_text(judged.json(), encoding="utf-8")
        baseline.unlink()
    if commit is not None:
        provenance = {"schema": 1, "address": rounds[0].address, "commit": commit, "dirty": dirty}
        write_json(directory / "provenance.json", provenance)
    return directory
