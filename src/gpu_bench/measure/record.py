"""What a measuring process has told so far, and the part of a result that it makes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from gpu_bench.device.telemetry import Reading, overhead, summary
from gpu_bench.measure.problems import from_json
from toolkit.errors import ToolError


@dataclass
class ProcessRecord:
    """Filled message by message, so that what came before a sudden end is kept."""

    index: int
    load: int = 0
    first_run: int = 0
    warmup: dict[str, Any] = field(default_factory=lambda: {"runs": 0, "settled": False})
    samples: list[dict[str, Any]] = field(default_factory=list)
    memory: dict[str, dict[str, int]] = field(default_factory=dict)
    readings: list[Reading] = field(default_factory=list)
    overhead: float | None = None
    own_processes: set[int] = field(default_factory=set)
    has_sensors: bool = False
    stopped_by: str = "problem"
    origin: int | None = None
    stable: bool = True
    output: dict[str, Any] | None = None
    environment: dict[str, Any] = field(default_factory=dict)
    peak_allocated: int | None = None
    problem: ToolError | None = None
    done: bool = False

    def take(self, message: dict[str, Any]) -> None:
        """Takes one message of the process."""
        getattr(self, f"_take_{message['event']}")(message)

    def add_reading(self, reading: Reading | None, *, of_last_sample: bool = False) -> None:
        """Keeps a reading; the one right after a sample gives that sample its clock."""
        if reading is None:
            return
        self.readings.append(reading)
        if of_last_sample and self.samples:
            self.samples[-1]["sm_clock"] = reading.sm_clock

    def to_json(self) -> dict[str, Any]:
        """The process, as the schema of results has it."""
        return {
            "index": self.index,
            "load": self.load,
            "first_run": self.first_run,
            "warmup": self.warmup,
            "stopped_by": self.stopped_by,
            "samples": self.samples,
            "memory": self.memory,
            "telemetry": self._telemetry() if self.has_sensors and self.origin else None,
        }

    def _telemetry(self) -> dict[str, Any]:
        assert self.origin is not None
        # Those before belong to the pairs that find out what reading costs.
        sampled = [each for each in self.readings if each.time >= self.origin]
        return summary(sampled, self.own_processes, self.origin, self.overhead)

    def _take_environment(self, message: dict[str, Any]) -> None:
        self.environment.update(message["environment"])

    def _take_loaded(self, message: dict[str, Any]) -> None:
        self.load = message["load"]
        self.environment["model"] = message["model"]

    def _take_memory(self, message: dict[str, Any]) -> None:
        peaks = ("peak_allocated", "peak_reserved")
        self.memory[message["phase"]] = {each: message[each] for each in peaks}

    def _take_first_run(self, message: dict[str, Any]) -> None:
        self.first_run = message["first_run"]

    def _take_output(self, message: dict[str, Any]) -> None:
        self.output = message["output"]

    def _take_top_logits(self, message: dict[str, Any]) -> None:
        if self.output is not None:
            self.output["top_logits"] = message["values"]

    def _take_warmup(self, message: dict[str, Any]) -> None:
        self.warmup = {key: message[key] for key in ("runs", "settled", "times")}

    def _take_overhead(self, message: dict[str, Any]) -> None:
        self.overhead = overhead(message["with"], message["without"])

    def _take_sample(self, message: dict[str, Any]) -> None:
        self.origin = message["origin"]
        self.samples.append({**message["sample"], "sm_clock": None})
        self.stable = self.stable and message["stable"]

    def _take_stopped(self, message: dict[str, Any]) -> None:
        self.stopped_by = message["by"]

    def _take_peak(self, message: dict[str, Any]) -> None:
        self.peak_allocated = message["peak_allocated"]

    def _take_problem(self, message: dict[str, Any]) -> None:
        self.problem = from_json(message)

    def _take_done(self, message: dict[str, Any]) -> None:
        self.done = True
