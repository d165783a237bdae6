"""Results in the layout that the dashboard of transformers' own benchmarks reads.

Two JSON Lines files, one with all samples and one without time stamps; a line for each run, with
`config`, `measurements` and `metadata`. Their times are seconds.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from gpu_bench.core.json_reader import Fields
from gpu_bench.report.runs import Run
from gpu_bench.results.reader import Result

_DEFAULT_DTYPE = "bfloat16"


def files(runs: Iterable[Run]) -> dict[str, str]:
    """The files' paths and texts; they are named by the time of the latest run."""
    ordered = sorted(runs, key=lambda run: (run.measured_at, run.digest, run.address))
    name = f"benchmark_run_{ordered[-1].measured_at:%Y%m%d_%H%M%S}.jsonl"
    return {
        f"{directory}/{name}": "".join(
            f"{json.dumps(_row(run, summarized), ensure_ascii=False, allow_nan=False)}\n"
            for run in ordered
        )
        for directory, summarized in (("full_results", False), ("summarized_results", True))
    }


def _row(run: Run, summarized: bool) -> dict[str, Any]:
    config = _config(run.first.request)
    return {
        "benchmark_config_hash": hashlib.sha256(json.dumps(config).encode()).hexdigest(),
        "config": config,
        "measurements": _measurements(run, summarized),
        "metadata": _metadata(run),
    }


def _config(request: Mapping[str, Any]) -> dict[str, Any]:
    mode = request.get("compile_mode")
    # Settings, not counts: these differ from run to run, and would be a new configuration each.
    config = {
        "warmup_iterations": request.get("min_warmup"),
        "measurement_iterations": request.get("min_samples"),
        "gpu_monitoring": request.get("telemetry"),
        "continuous_batching": request.get("continuous_batching", False),
        "batch_size": request["batch_size"],
        "sequence_length": request.get("sequence_length"),
        "num_tokens_to_generate": request["num_tokens"],
        "attn_implementation": request.get("attn_implementation"),
        "compile_kwargs": None if mode is None else {"mode": mode},
        "kernelize": request.get("kernelize", False),
    }
    return {"name": _name(config, request), **config}


def _name(config: Mapping[str, Any], request: Mapping[str, Any]) -> str:
    """The name by which their plots distinguish configurations, and what they have no field for."""
    compiled = config["compile_kwargs"]
    parts = [
        f"w{config['warmup_iterations']}_i{config['measurement_iterations']}",
        "monitored" if config["gpu_monitoring"] else "unmonitored",
        f"b{config['batch_size']}_s{config['sequence_length']}_n{config['num_tokens_to_generate']}",
        str(config["attn_implementation"]),
        f"compiled_{compiled['mode']}" if compiled else "uncompiled",
        "kernelized" if config["kernelize"] else "unkernelized",
        "cb" if config["continuous_batching"] else "generate",
    ]
    if request.get("dtype", _DEFAULT_DTYPE) != _DEFAULT_DTYPE:
        parts.append(request["dtype"])
    if request.get("cache_implementation"):
        parts.append(f"{request['cache_implementation']}_cache")
    if request.get("seed"):
        parts.append(f"seed{request['seed']}")
    return "-".join(parts)


def _measurements(run: Run, summarized: bool) -> dict[str, Any]:
    samples = [sample for result in run.rounds for sample in _samples(result)]
    request = run.first.request
    shape = f"({request['batch_size']}, {request['num_tokens']}) | "
    stamps = None
    if not summarized and not request.get("continuous_batching"):
        stamps = _timestamps(samples)
    return {
        "e2e_latency": [sample.whole("end_to_end") / 1e9 for sample in samples],
        "time_to_first_token": [sample.whole("time_to_first_token") / 1e9 for sample in samples],
        "inter_token_latency": [_latency(sample, request) for sample in samples],
        "shape_and_decoded_outputs": [shape] * len(samples),
        "gpu_metrics": None,
        "timestamps": stamps,
    }


def _samples(result: Result) -> list[Fields]:
    processes = Fields(result.document, "", result.place).objects("processes")
    return [sample for process in processes for sample in process.objects("samples")]


def _latency(sample: Fields, request: Mapping[str, Any]) -> float:
    """Their inter-token latency is the mean gap of a run."""
    gaps = sample.times("inter_token", least=0)
    if len(gaps):
        return float(np.mean(gaps)) / 1e9
    return sample.whole("decode") / max(int(request["num_tokens"]) - 1, 1) / 1e9


def _timestamps(samples: Sequence[Fields]) -> list[list[list[float]]] | None:
    """When each token came, since the run began; None where gaps were not kept."""
    rows = []
    for sample in samples:
        gaps = sample.times("inter_token", least=0)
        if not len(gaps):
            return None
        times = sample.whole("time_to_first_token") + np.concatenate([[0.0], np.cumsum(gaps)])
        rows.append([[float(time) for time in times / 1e9]])
    return rows


def _metadata(run: Run) -> dict[str, Any]:
    fingerprint = run.first.fingerprint
    accelerator = fingerprint["accelerator"]
    memory = accelerator.get("memory")
    on_gpu = run.first.request.get("device") != "cpu"
    return {
        "model_id": _model_id(run.first),
        "timestamp": run.measured_at.isoformat(),
        "branch_name": None,
        "commit_id": run.provenances[0].commit if run.provenances else None,
        "commit_message": None,
        "hardware_info": {
            "gpu_name": accelerator["name"] if on_gpu else None,
            "gpu_memory_total_gb": memory / 2**30 if on_gpu and memory is not None else None,
            "python_version": run.first.environment.get("python"),
            "torch_version": fingerprint["torch"],
        },
        "success": not run.problems,
    }


def _model_id(result: Result) -> str:
    """A hub repository by its name; else the target, because its config is a part of it."""
    model = result.request.get("model")
    repository = model.get("repo_id") if isinstance(model, dict) else None
    return repository if isinstance(repository, str) else result.address.split("@")[0]
