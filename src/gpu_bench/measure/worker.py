"""A measuring process: it measures once, in a fresh interpreter, and reports by a pipe.

Each message is a line of JSON on the descriptor that it is given. The parent answers requests for
readings by a line on stdin.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from collections.abc import Sequence
from typing import Any

from gpu_bench.device.identity import from_json
from gpu_bench.measure.open_device import open_device
from gpu_bench.measure.problems import problem_of, to_json
from gpu_bench.measure.procedure import Reporter, measure
from gpu_bench.request.reader import parse_request
from toolkit.errors import ToolError


def main(arguments: Sequence[str]) -> int:
    """Measures a request.

    ``arguments`` are the descriptor, the request as JSON, the card that the result is filed under
    as JSON, the seconds that measuring may take, and the file for a trace, empty for none.
    """
    descriptor, text, card_text, seconds, trace = arguments
    channel = os.fdopen(int(descriptor), "w", encoding="utf-8")

    def send(message: dict[str, Any]) -> None:
        channel.write(json.dumps(message) + "\n")
        channel.flush()

    def ask(message: dict[str, Any]) -> None:
        send(message)
        sys.stdin.readline()

    reporter = Reporter(
        send=send,
        watch=lambda on: ask({"event": "watch", "on": on}),
        read=lambda: ask({"event": "read"}),
        deadline=time.monotonic() + float(seconds),
        trace=trace or None,
    )
    request = parse_request(text)
    try:
        device = open_device(request.device, from_json(json.loads(card_text)))
        send({"event": "environment", "environment": environment()})
        measure(request, device, reporter)
    except Exception as error:  # noqa: BLE001 - the parent names whatever the model raises
        if not isinstance(error, ToolError):
            # The parent keeps this log, which has the traceback.
            traceback.print_exc()
            sys.stderr.flush()
        # The last message: the parent waits for nothing after it.
        send({"event": "problem", **to_json(problem_of(error))})
        return 1
    send({"event": "done"})
    return 0


def environment() -> dict[str, Any]:
    """Versions and settings that a person may want to know. No path and no host name."""
    import platform
    from importlib.metadata import PackageNotFoundError, version

    import transformers

    facts: dict[str, Any] = {
        "python": platform.python_version(),
        "transformers": transformers.__version__,
        "platform": f"{platform.system()} {platform.release()} {platform.machine()}",
        "processors": os.cpu_count(),
    }
    for package in ("triton", "flash_attn", "kernels", "accelerate", "tokenizers", "numpy"):
        try:
            facts[package] = version(package)
        except PackageNotFoundError:
            continue
    prefixes = (
        *("TORCH", "CUDA_", "PYTORCH_", "CUBLAS", "NVIDIA_TF32", "OMP_", "MKL_"),
        *("HIP_", "HSA_", "ROCBLAS_", "HIPBLASLT_", "SYCL_", "UR_"),
    )
    private = (
        "CUDA_VISIBLE_DEVICES",
        "HIP_VISIBLE_DEVICES",
        "CUDA_CACHE_PATH",
        "TORCHINDUCTOR_CACHE_DIR",
    )
    facts["settings"] = {
        key: value
        for key, value in sorted(os.environ.items())
        if key.startswith(prefixes) and key not in private and "/" not in value
    }
    return facts
