"""Runs one measuring process: a fresh interpreter, caches of its own, an end at the time limit."""

from __future__ import annotations

import dataclasses
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from gpu_bench.core.errors import TimedOut
from gpu_bench.device.identity import to_json
from gpu_bench.device.telemetry import Sensors
from gpu_bench.device.vendor_choice import vendor_of
from gpu_bench.measure.fresh_process import command
from gpu_bench.measure.record import ProcessRecord
from gpu_bench.measure.sudden_end import sudden_end
from gpu_bench.request.fields import Request
from rules_transformers_contract.cuda_device import Card
from toolkit.errors import ToolError
from toolkit.scratch_directory import scratch_directory

_LOG_TAIL = 4000


def measure_in_process(
    request: Request,
    *,
    index: int,
    root: str | None,
    cards: Sequence[Card],
    sensors: Sensors | None,
    seconds: float,
    log: Path,
    trace: Path | None = None,
) -> ProcessRecord:
    """Measures in a new process, for ``seconds`` at most.

    ``trace`` is the file for a trace, if the request has one made.

    ``cards`` are those of its ranks, in their order; empty for the processor. ``root`` comes first
    on its module path. Its own output is appended to ``log``. Never raises
    for what happens in the process: the record has its problem and all that came before it.
    """
    # A device without sensors need not be measured with and without readings.
    request = dataclasses.replace(request, telemetry=request.telemetry and sensors is not None)
    record = ProcessRecord(
        index=index,
        has_sensors=request.telemetry,
        has_whole_card=bool(cards) and all(card.parent_uuid is None for card in cards),
    )
    deadline = time.monotonic() + seconds
    with scratch_directory("gpu-bench-") as scratch, open(log, "ab") as output:
        receiving, sending = os.pipe()
        process = subprocess.Popen(
            _command(request, root, sending, cards, deadline, trace),
            env=_environment(request, cards, scratch),
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            pass_fds=(sending,),
            start_new_session=True,
        )
        os.close(sending)
        record.own_processes.add(process.pid)
        with _ended(process), os.fdopen(receiving, "rb", buffering=0) as channel:
            _Conversation(process, channel.fileno(), record, sensors, deadline).hold()
            if record.problem is None and not record.done:
                record.problem = _sudden_end(process, record, deadline, seconds, log)
    if record.problem is not None and record.stopped_by != "timeout":
        timed_out = isinstance(record.problem, TimedOut)
        record.stopped_by = "timeout" if timed_out else "problem"
    return record


class _Conversation:
    """Takes a process's messages and readings of the sensors until it ends or is out of time."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        descriptor: int,
        record: ProcessRecord,
        sensors: Sensors | None,
        deadline: float,
    ) -> None:
        self._process = process
        self._descriptor = descriptor
        self._record = record
        self._sensors = sensors
        self._deadline = deadline
        self._watching = False
        self._pending = b""

    def hold(self) -> None:
        """Returns when the process has said all, or its time is over."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._descriptor, selectors.EVENT_READ)
            while not self._record.done and self._record.problem is None:
                left = self._deadline - time.monotonic()
                if left <= 0:
                    return
                interval = self._sensors.interval_seconds if self._sensors else left
                if selector.select(min(left, interval) if self._watching else left):
                    chunk = os.read(self._descriptor, 1 << 16)
                    if not chunk:
                        return
                    self._take(chunk)
                elif self._watching:
                    self._read()

    def _take(self, chunk: bytes) -> None:
        *lines, self._pending = (self._pending + chunk).split(b"\n")
        for line in lines:
            message = json.loads(line)
            if message["event"] == "watch":
                self._watching = message["on"] and self._sensors is not None
                self._answer()
            elif message["event"] == "read":
                self._read(of_last_sample=True)
                self._answer()
            else:
                self._record.take(message)

    def _read(self, *, of_last_sample: bool = False) -> None:
        if self._sensors is None:
            return
        reading = self._sensors.read()
        if reading is not None:
            self._record.own_processes |= _of_session(reading.processes or (), self._process.pid)
        self._record.add_reading(reading, of_last_sample=of_last_sample)

    def _answer(self) -> None:
        assert self._process.stdin is not None
        # A process that has just died is found out by its closed pipe.
        with suppress(BrokenPipeError):
            self._process.stdin.write(b"\n")
            self._process.stdin.flush()


def _command(
    request: Request,
    root: str | None,
    descriptor: int,
    cards: Sequence[Card],
    deadline: float,
    trace: Path | None,
) -> list[str]:
    return command(
        "gpu_bench.measure.worker",
        root,
        str(descriptor),
        json.dumps(request.to_json()),
        json.dumps([to_json(card) for card in cards]),
        # All processes of a machine share the clock.
        str(deadline),
        os.path.abspath(trace) if trace else "",
        root or "",
    )


def _environment(request: Request, cards: Sequence[Card], scratch: Path) -> dict[str, str]:
    """The parent's environment with empty caches: what a process compiles, it compiles itself."""
    environment = dict(os.environ)
    # What this interpreter can import, however it was started.
    environment["PYTHONPATH"] = os.pathsep.join(directory for directory in sys.path if directory)
    for variable, name in (
        ("TORCHINDUCTOR_CACHE_DIR", "inductor"),
        ("TRITON_CACHE_DIR", "triton"),
        ("CUDA_CACHE_PATH", "cuda"),
    ):
        environment[variable] = str(scratch / name)
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    environment["TOKENIZERS_PARALLELISM"] = "false"
    if cards:
        environment.update(vendor_of(cards[0]).visibility(cards, os.environ))
    elif request.ranks > 1:
        # Ranks would be placed on accelerators, if there are any.
        environment.update(dict.fromkeys(("CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES"), ""))
        # Threads of one rank would wait for those of another.
        threads = max(1, (os.cpu_count() or 1) // request.ranks)
        environment.setdefault("OMP_NUM_THREADS", str(threads))
    if all(
        source is None or source.repo_id is None for source in (request.model, request.assistant)
    ):
        environment["HF_HUB_OFFLINE"] = "1"
    return environment


@contextmanager
def _ended(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Leaves nothing of a process running: it and the compilers that it started."""
    try:
        yield
    finally:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if process.stdin is not None:
            with suppress(BrokenPipeError):
                process.stdin.close()


def _sudden_end(
    process: subprocess.Popen[bytes],
    record: ProcessRecord,
    deadline: float,
    seconds: float,
    log: Path,
) -> ToolError:
    if time.monotonic() >= deadline:
        return TimedOut(
            f"the time limit of {seconds:.0f} s came {_phase(record)}",
            hint="raise `timeout_seconds`, or lower `num_tokens` or `min_samples`",
        )
    try:
        code = process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        code = 0
    return sudden_end("the measuring process", code, _phase(record), _tail(log))


def _phase(record: ProcessRecord) -> str:
    if record.samples:
        return f"after {len(record.samples)} samples"
    if record.first_run:
        return "during the warm-up"
    return "during the first run" if record.load else "while the model was loaded"


def _tail(log: Path) -> str:
    with open(log, "rb") as file:
        file.seek(0, os.SEEK_END)
        file.seek(max(0, file.tell() - _LOG_TAIL))
        return file.read().decode(errors="replace")


def _of_session(processes: tuple[int, ...], leader: int) -> set[int]:
    members = set()
    for process in processes:
        with suppress(ProcessLookupError, PermissionError):
            if os.getsid(process) == leader:
                members.add(process)
    return members
