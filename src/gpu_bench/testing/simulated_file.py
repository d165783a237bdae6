"""The file of a simulated result."""

from __future__ import annotations

from typing import Any

import numpy as np

from gpu_bench.results.reader import KIND, SCHEMA, MeasuredProcess, Result
from gpu_bench.testing.simulated import TOKENS


def document(measured: Result) -> dict[str, Any]:
    """The result file of a simulated result, which its schema describes."""
    output = measured.output
    return {
        "schema": SCHEMA,
        "kind": KIND,
        "address": measured.address,
        "request": dict(measured.request),
        "status": measured.status,
        "problem": measured.problem,
        "fingerprint": dict(measured.fingerprint),
        "environment": dict(measured.environment),
        "measured_at": measured.measured_at,
        "output": output
        and {
            "digest": output.digest,
            "tokens": [list(row) for row in output.tokens],
            "margins": [list(row) for row in output.margins],
            "top_logits": list(output.top_logits),
            "stable": output.stable,
        },
        "processes": [_process_document(process) for process in measured.processes],
    }


def _process_document(measured: MeasuredProcess) -> dict[str, Any]:
    starts = np.concatenate([[0], np.cumsum(measured.end_to_end)[:-1]])
    return {
        "index": measured.index,
        "load": measured.load,
        "first_run": measured.first_run,
        "warmup": {"runs": 3, "settled": measured.settled, "times": [1_000_000_000] * 3},
        "stopped_by": "target_interval",
        "samples": [
            {
                "start": int(starts[number]),
                "end_to_end": int(measured.end_to_end[number]),
                "time_to_first_token": int(measured.time_to_first_token[number]),
                "prefill": int(measured.prefill[number]),
                "decode": int(measured.decode[number]),
                "inter_token": [int(measured.inter_token[number])] * (TOKENS - 1),
                "device_time": int(measured.device_time[number]),
                "sm_clock": int(measured.sm_clock[number]),
            }
            for number in range(len(measured.end_to_end))
        ],
        "memory": {phase: dict(peaks) for phase, peaks in measured.memory.items()},
        "telemetry": {
            "readings": [
                {
                    "time": 0,
                    "sm_clock": 1980,
                    "memory_clock": 2619,
                    "power": 412.5,
                    "temperature": 51,
                }
            ],
            "throttled": list(measured.throttled),
            "foreign_processes": measured.foreign_processes,
            "overhead": None,
        },
    }
