"""A rank beyond the first: does what the first rank asks for, at the same time.

Each line on stdin is an operation, and each is answered by a line of JSON on the descriptor that it
is given. It ends when stdin does.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import Any

from gpu_bench.device.identity import from_json
from gpu_bench.device.torch_device import Device
from gpu_bench.measure.generation import Generator
from gpu_bench.measure.generator_choice import generator_for
from gpu_bench.measure.open_device import open_device
from gpu_bench.measure.outputs import token_digest
from gpu_bench.measure.problems import problem_of, to_json
from gpu_bench.measure.process_group import (
    found_store,
    join,
    misses_another,
    own_place,
    wait_for_all,
)
from gpu_bench.models.loading import load
from gpu_bench.request.fields import Request
from gpu_bench.request.reader import parse_request
from toolkit.errors import ToolError


def main(arguments: Sequence[str]) -> int:
    """Follows the first rank.

    ``arguments`` are the descriptor, the request as JSON, this rank, its card as JSON, the port of
    the first rank's store, and the seconds that measuring may take.
    """
    descriptor, text, rank, card_text, port, seconds = arguments
    channel = os.fdopen(int(descriptor), "w", encoding="utf-8")

    def send(message: dict[str, Any]) -> None:
        channel.write(json.dumps(message) + "\n")
        channel.flush()

    request = parse_request(text)
    own_place(int(rank), request.ranks)
    try:
        card = from_json(json.loads(card_text))
        device = open_device(request.device, card, int(rank))
        store = found_store(int(port), request.ranks, float(seconds))
        join(request, device, int(rank), store, float(seconds))
        _follow(request, device, send)
    except Exception as error:  # noqa: BLE001 - the first rank says what any of them means
        if not isinstance(error, ToolError):
            traceback.print_exc()
            sys.stderr.flush()
        send({"problem": to_json(problem_of(error)), "misses_another": misses_another(error)})
        return 1
    return 0


def _follow(request: Request, device: Device, send: Callable[[dict[str, Any]], None]) -> None:
    # Collected while it waits, and not while the others wait for it.
    gc.disable()
    device.reset_peaks()
    generator = generator_for(request, load(request, device.torch_name), device)
    send({"operation": "load", "memory": _peaks(device, "load")})
    for line in sys.stdin:
        operation = json.loads(line)["operation"]
        send({"operation": operation, **_done(operation, generator, device)})
        gc.collect()


def _done(operation: str, generator: Generator, device: Device) -> dict[str, Any]:
    """Does an operation; gives what the first rank should know of it."""
    if operation == "memory":
        phases = generator.memory()
        return {"memory": {phase: peaks.to_json() for phase, peaks in phases.items()}}
    if operation == "capture":
        return {"tokens": generator.capture().digest}
    if operation == "first_run":
        device.reset_peaks()
    wait_for_all(device)
    _, tokens = generator.measure()
    return {
        "tokens": token_digest(tokens),
        "memory": _peaks(device, operation) if operation == "first_run" else {},
    }


def _peaks(device: Device, phase: str) -> dict[str, Any]:
    peaks = device.peaks()
    return {} if peaks is None else {phase: peaks.to_json()}
