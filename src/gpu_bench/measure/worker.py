"""A measuring process: it measures once, in a fresh interpreter, and reports by a pipe.

Each message is a line of JSON on the descriptor that it is given. The parent answers requests for
readings by a line on stdin.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import traceback
from collections.abc import Sequence
from typing import Any

from gpu_bench.device.identity import from_json
from gpu_bench.measure.open_device import open_device
from gpu_bench.measure.problems import problem_of, to_json
from gpu_bench.measure.procedure import Reporter, measure
from gpu_bench.measure.ranks import led_ranks
from gpu_bench.request.reader import parse_request
from toolkit.errors import ToolError


def main(arguments: Sequence[str]) -> int:
    """Measures a request.

    ``arguments`` are the descriptor, the request as JSON, the cards that the result is filed under
    as JSON, the end of the time for measuring on the host's monotonic clock, the file for a trace,
    empty for none, and the directory that the model's module is imported from, empty without one.
    """
    descriptor, text, cards_text, deadline_text, trace, root = arguments
    deadline = float(deadline_text)
    channel = os.fdopen(int(descriptor), "w", encoding="utf-8")
    sending = threading.Lock()

    def send(message: dict[str, Any]) -> None:
        with sending:
            channel.write(json.dumps(message) + "\n")
            channel.flush()

    def end(problem: ToolError) -> None:
        # The last message: the parent waits for nothing after it.
        send({"event": "problem", **to_json(problem)})
        sys.stderr.flush()
        os._exit(1)

    def ask(message: dict[str, Any]) -> None:
        send(message)
        sys.stdin.readline()

    reporter = Reporter(
        send=send,
        watch=lambda on: ask({"event": "watch", "on": on}),
        read=lambda: ask({"event": "read"}),
        deadline=deadline,
        trace=trace or None,
    )
    request = parse_request(text)
    cards = [card for values in json.loads(cards_text) if (card := from_json(values)) is not None]
    problem: ToolError | None = None
    try:
        device = open_device(request.device, cards[0] if cards else None)
        with led_ranks(request, cards, device, root or None, deadline, end) as ranks:
            try:
                send({"event": "environment", "environment": environment()})
                measure(request, device, reporter, ranks)
            except Exception as error:  # noqa: BLE001 - the parent names whatever the model raises
                _keep_traceback(error)
                problem = ranks.problem_of(error)
    except Exception as error:  # noqa: BLE001 - likewise
        _keep_traceback(error)
        problem = problem_of(error)
    if problem is not None:
        send({"event": "problem", **to_json(problem)})
        return 1
    send({"event": "done"})
    return 0


def _keep_traceback(error: Exception) -> None:
    """Prints the traceback of what the tool does not raise itself: the parent keeps the log."""
    if not isinstance(error, ToolError):
        traceback.print_exception(error)
        sys.stderr.flush()


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
