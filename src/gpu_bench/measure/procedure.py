"""What one measuring process does, from loading to the last sample. It reports as it goes."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from gpu_bench.core.errors import OutOfMemory, TimedOut
from gpu_bench.device.torch_device import Device, Peaks
from gpu_bench.measure.compilations import CompilationCounter
from gpu_bench.measure.generation import Generator
from gpu_bench.measure.generator_choice import generator_for
from gpu_bench.measure.outputs import token_digest
from gpu_bench.measure.parallel_generator import ParallelGenerator
from gpu_bench.measure.ranks import LOAD, NoOtherRanks, Ranks
from gpu_bench.measure.stop_rule import TIMEOUT, StopRule
from gpu_bench.measure.trace import write_trace
from gpu_bench.measure.warmup import is_warm, settled
from gpu_bench.models import quantization
from gpu_bench.models.loading import Loaded, load
from gpu_bench.models.work import work
from gpu_bench.request.fields import Request

# Pairs of runs, with readings and without, that show what the readings cost.
OVERHEAD_PAIRS = 5


@dataclass(frozen=True)
class Reporter:
    """How a measuring process speaks to its parent.

    ``send`` sends a message; ``watch`` switches the periodic readings, and ``read`` has one taken
    now; both return once it is done. ``deadline`` is on the host's monotonic clock, in seconds.
    ``trace`` is the file that a profiler's trace is written to, if this process writes one.
    """

    send: Callable[[dict[str, Any]], None]
    watch: Callable[[bool], None]
    read: Callable[[], None]
    deadline: float
    trace: str | None = None

    def seconds_left(self) -> float:
        """Seconds until the deadline; negative after it."""
        return self.deadline - time.monotonic()


def measure(
    request: Request, device: Device, reporter: Reporter, ranks: Ranks | None = None
) -> None:
    """Measures one process's share of a request; ``ranks`` are those that share its model.

    The order keeps each figure clean: the first run is cold, nothing is captured or reset while
    samples are taken, and the readings' cost is found before they run along.
    Raises ToolError or whatever the model raises.
    """
    ranks = ranks or NoOtherRanks()
    try:
        generator = _loaded(request, device, reporter, ranks)
        _first_run(generator, device, reporter, ranks)
        generator.check_compiled()
        if chosen := generator.chosen():
            reporter.send({"event": "environment", "environment": {"generation": chosen}})
        captured = generator.capture()
        reporter.send({"event": "output", "output": captured.to_json(True)})
        for phase, peaks in generator.memory().items():
            _send_peaks(phase, ranks.memory(phase, peaks), reporter)
        expected = captured.digest
        _warm_up(request, generator, reporter)
        if request.telemetry:
            _overhead(generator, reporter)
        _samples(request, generator, expected, reporter)
        if request.trace and reporter.trace is not None:
            write_trace(generator, reporter.trace)
        last = generator.finish()
        if last is not None:
            reporter.send({"event": "top_logits", "values": last.top_logits})
    except Exception as error:
        _add_peak(error, device, reporter)
        raise


def _loaded(request: Request, device: Device, reporter: Reporter, ranks: Ranks) -> Generator:
    device.reset_peaks()
    started = time.perf_counter_ns()

    def load_own() -> Loaded:
        loaded = load(request, device.torch_name)
        device.synchronize()
        return loaded

    loaded = ranks.together(LOAD, load_own, lambda _: "")
    took = time.perf_counter_ns() - started
    model = {**_size(loaded.model), "work": work(loaded.model, request)}
    reporter.send({"event": "loaded", "load": took, "model": model})
    if loaded.assistant is not None:
        reporter.send(
            {"event": "environment", "environment": {"assistant": _size(loaded.assistant)}}
        )
    _report_peaks("load", device, reporter, ranks)
    generator = generator_for(request, loaded, device)
    return generator if request.ranks == 1 else ParallelGenerator(generator, ranks, device)


def _size(model: Any) -> dict[str, Any]:
    parameters = sum(parameter.numel() for parameter in model.parameters())
    sizes = {"class": type(model).__name__, "parameters": parameters}
    method = quantization.used(model)
    return sizes if method is None else {**sizes, "quantization": method}


def _first_run(generator: Generator, device: Device, reporter: Reporter, ranks: Ranks) -> None:
    device.reset_peaks()
    run, _ = generator.measure()
    reporter.send({"event": "first_run", "first_run": run.end_to_end})
    _report_peaks("first_run", device, reporter, ranks)


def _report_peaks(phase: str, device: Device, reporter: Reporter, ranks: Ranks) -> None:
    peaks = device.peaks()
    if peaks is not None:
        _send_peaks(phase, ranks.memory(phase, peaks), reporter)


def _send_peaks(phase: str, peaks: Sequence[Peaks], reporter: Reporter) -> None:
    """Sends the sum over all ranks, and the peaks of each if there are several."""
    total = Peaks(sum(own.allocated for own in peaks), sum(own.reserved for own in peaks))
    devices = [own.to_json() for own in peaks] if len(peaks) > 1 else []
    reporter.send(
        {
            "event": "memory",
            "phase": phase,
            **total.to_json(),
            **({"devices": devices} if devices else {}),
        }
    )


def _warm_up(request: Request, generator: Generator, reporter: Reporter) -> None:
    # The first run was one of them. It is not repeated here, so its place is held.
    times = [0]
    while not is_warm(times, request.min_warmup, request.max_warmup):
        if times[-1] / 1e9 > reporter.seconds_left():
            raise TimedOut(
                f"the time limit came during the warm-up, after {len(times)} runs",
                hint="raise `timeout_seconds`, or lower `num_tokens` or `max_warmup`",
            )
        run, _ = generator.measure()
        times.append(run.end_to_end)
    reporter.send(
        {"event": "warmup", "runs": len(times), "settled": settled(times), "times": times[1:]}
    )
    # What lives now lives on: it need not be searched for garbage before each sample.
    gc.collect()
    gc.freeze()


def _overhead(generator: Generator, reporter: Reporter) -> None:
    """Interleaved pairs, the order changing, so that a drift hits both alike."""
    times: dict[bool, list[int]] = {True: [], False: []}
    for pair in range(OVERHEAD_PAIRS):
        for watched in (True, False) if pair % 2 else (False, True):
            if times[watched] and 2 * times[watched][-1] / 1e9 > reporter.seconds_left():
                break
            reporter.watch(watched)
            run, _ = generator.measure()
            times[watched].append(run.end_to_end)
    if all(len(measured) == OVERHEAD_PAIRS for measured in times.values()):
        reporter.send({"event": "overhead", "with": times[True], "without": times[False]})


def _samples(request: Request, generator: Generator, expected: str, reporter: Reporter) -> None:
    rule = StopRule(
        min_samples=request.least_samples,
        max_samples=request.most_samples,
        min_seconds=request.min_seconds,
        target_interval=request.target_interval,
    )
    if request.telemetry:
        reporter.watch(True)
    import torch

    counter = CompilationCounter(torch.cuda)
    times: list[int] = []
    origin: int | None = None
    stopped_by: str | None = None
    while stopped_by is None:
        gc.collect()
        run, tokens = generator.measure()
        origin = run.started if origin is None else origin
        times.append(run.end_to_end)
        compiled = counter.since_last()
        reporter.send(
            {
                "event": "sample",
                "origin": origin,
                "sample": {
                    **run.to_json(origin),
                    "compilations": compiled.graphs,
                    "captures": compiled.captures,
                },
                "stable": token_digest(tokens) == expected,
            }
        )
        if request.telemetry:
            reporter.read()
        stopped_by = rule.decide(times, reporter.seconds_left())
    if request.telemetry:
        reporter.watch(False)
    if stopped_by == TIMEOUT and not rule.reached_minimum(times):
        reporter.send({"event": "stopped", "by": TIMEOUT})
        raise TimedOut(
            f"the time limit came after {len(times)} samples of a process, "
            f"{request.least_samples} samples and {request.min_seconds:g} s are the minimum",
            hint="raise `timeout_seconds`, or lower `min_samples`, `min_seconds` or `num_tokens`",
        )
    reporter.send({"event": "stopped", "by": stopped_by})


def _add_peak(error: Exception, device: Device, reporter: Reporter) -> None:
    """Says how far memory use had come, where that was the problem."""
    from gpu_bench.measure.problems import problem_of

    if isinstance(problem_of(error), OutOfMemory):
        peaks = device.peaks()
        if peaks is not None:
            reporter.send({"event": "peak", "peak_allocated": peaks.allocated})
