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
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from gpu_bench.core.errors import DeviceLost, MeasuringFailed, TimedOut
from gpu_bench.device.identity import to_json
from gpu_bench.device.telemetry import Sensors
from gpu_bench.device.vendor_choice import vendor_of
from gpu_bench.measure.error_messages import meaning
from gpu_bench.measure.record import ProcessRecord
from gpu_bench.request.fields import Request
from rules_transformers_contract.cuda_device import Card
from toolkit.errors import ToolError
from toolkit.scratch_directory import scratch_directory

# A model under measurement may lie in a tree that has a gpu_bench of its own. So the measuring
# code is imported from where this file is before the model's root comes to the path.
_BOOTSTRAP = """
import os, sys
tool, root, *arguments = sys.argv[1:]
path = [each for each in sys.path if each]
sys.path.insert(0, tool)
from gpu_bench.measure.worker import main
sys.path[:] = ([root] if root else []) + path
try:
    import ctypes, signal
    ctypes.CDLL(None).prctl(1, int(signal.SIGKILL))
except (OSError, AttributeError):
    pass
code = main(arguments)
sys.stdout.flush()
sys.stderr.flush()
os._exit(code)
"""
_LOG_TAIL = 4000


def measure_in_process(
    request: Request,
    *,
    index: int,
    root: str | None,
    card: Card | None,
    sensors: Sensors | None,
    seconds: float,
    log: Path,
    trace: Path | None = None,
) -> ProcessRecord:
    """Measures in a new process, for ``seconds`` at most.

    ``trace`` is the file for a trace, if the request has one made.

    ``root`` comes first on its module path. Its own output is appended to ``log``. Never raises
    for what happens in the process: the record has its problem and all that came before it.
    """
    # A device without sensors need not be measured with and without readings.
    request = dataclasses.replace(request, telemetry=request.telemetry and sensors is not None)
    record = ProcessRecord(
        index=index,
        has_sensors=request.telemetry,
        has_whole_card=card is not None and card.parent_uuid is None,
    )
    deadline = time.monotonic() + seconds
    with scratch_directory("gpu-bench-") as scratch, open(log, "ab") as output:
        receiving, sending = os.pipe()
        process = subprocess.Popen(
            _command(request, root, sending, card, seconds, trace),
            env=_environment(request, card, scratch),
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
    card: Card | None,
    seconds: float,
    trace: Path | None,
) -> list[str]:
    tool = str(Path(__file__).resolve().parents[2])
    text = json.dumps(request.to_json())
    expected = json.dumps(to_json(card))
    place = os.path.abspath(root) if root else ""
    trace_path = os.path.abspath(trace) if trace else ""
    arguments = [tool, place, str(descriptor), text, expected, str(seconds), trace_path]
    return [sys.executable, "-c", _BOOTSTRAP, *arguments]


def _environment(request: Request, card: Card | None, scratch: Path) -> dict[str, str]:
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
    if card is not None:
        environment.update(vendor_of(card).visibility(card, os.environ))
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
    reason = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
    last = _last_line(log)
    message = f"the measuring process ended with {reason} {_phase(record)}" + (
        f"; its last lines: {last}" if last else ""
    )
    cause = meaning(last)
    if cause is not None:
        return cause.error(message, hint=cause.hint)
    if code == -signal.SIGKILL:
        hint = "the kernel kills what takes the last of the host's memory: look into its log"
        return DeviceLost(message, hint=hint)
    return MeasuringFailed(
        message,
        hint="run the model alone to see why; if the kernel's log has Xid messages of this moment, "
        "it was the device",
    )


def _phase(record: ProcessRecord) -> str:
    if record.samples:
        return f"after {len(record.samples)} samples"
    if record.first_run:
        return "during the warm-up"
    return "during the first run" if record.load else "while the model was loaded"


def _last_line(log: Path) -> str:
    with open(log, "rb") as file:
        file.seek(0, os.SEEK_END)
        file.seek(max(0, file.tell() - _LOG_TAIL))
        lines = file.read().decode(errors="replace").strip().splitlines()
    return lines[-1].strip()[:200] if lines else ""


def _of_session(processes: tuple[int, ...], leader: int) -> set[int]:
    members = set()
    for process in processes:
        with suppress(ProcessLookupError, PermissionError):
            if os.getsid(process) == leader:
                members.add(process)
    return members
