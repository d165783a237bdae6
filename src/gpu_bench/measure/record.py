"""What a measuring process has reported so far, and the part of a result that it makes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from gpu_bench.device.energy import energy
from gpu_bench.device.several_sensors import of_card
from gpu_bench.device.telemetry import Reading, foreign, overhead, summary
from gpu_bench.measure.problems import from_json
from toolkit.errors import ToolError


@dataclass
class ProcessRecord:
    """Filled message by message, so that what came before a sudden end is kept.

    ``has_whole_card`` is false for a part of a card, whose sensors are those of the whole.
    """

    index: int
    load: int = 0
    first_run: int = 0
    warmup: dict[str, Any] = field(default_factory=lambda: {"runs": 0, "settled": False})
    samples: list[dict[str, Any]] = field(default_factory=list)
    memory: dict[str, dict[str, Any]] = field(default_factory=dict)
    readings: list[Reading] = field(default_factory=list)
    overhead: float | None = None
    own_processes: set[int] = field(default_factory=set)
    has_sensors: bool = False
    has_whole_card: bool = True
    stopped_by: str = "problem"
    origin: int | None = None
    stable: bool = True
    output: dict[str, Any] | None = None
    environment: dict[str, Any] = field(default_factory=dict)
    peak_allocated: int | None = None
    problem: ToolError | None = None
    done: bool = False

    def take(self, message: dict[str, Any]) -> None:  # noqa: PLR0912 - a case for each event
        """Takes one message of the process."""
        match message["event"]:
            case "environment":
                self.environment.update(message["environment"])
            case "loaded":
                self.load = message["load"]
                self.environment["model"] = message["model"]
            case "memory":
                names = ("peak_allocated", "peak_reserved", "devices")
                self.memory[message["phase"]] = {
                    name: message[name] for name in names if name in message
                }
            case "first_run":
                self.first_run = message["first_run"]
            case "output":
                self.output = message["output"]
            case "top_logits":
                if self.output is not None:
                    self.output["top_logits"] = message["values"]
            case "warmup":
                self.warmup = {key: message[key] for key in ("runs", "settled", "times")}
            case "overhead":
                self.overhead = overhead(message["with"], message["without"])
            case "sample":
                self.origin = message["origin"]
                self.samples.append({**message["sample"], "sm_clock": None})
                self.stable = self.stable and message["stable"]
            case "stopped":
                self.stopped_by = message["by"]
            case "peak":
                self.peak_allocated = message["peak_allocated"]
            case "problem":
                self.problem = from_json(message)
            case "done":
                self.done = True
            case unknown:
                raise AssertionError(f"the worker sent an unknown message: {unknown}")

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

    @property
    def sampled_readings(self) -> list[Reading]:
        """Readings while samples were taken; those before find out what reading costs."""
        if self.origin is None:
            return []
        return [reading for reading in self.readings if reading.time >= self.origin]

    def foreign_processes_of(self, index: int) -> int:
        """The most processes of others that used a card at once, by its place among the ranks'."""
        own = self.own_processes
        counts = (
            foreign(of_card(reading, index).processes, own) for reading in self.sampled_readings
        )
        return max(counts, default=0)

    def _telemetry(self) -> dict[str, Any]:
        assert self.origin is not None
        readings = self.sampled_readings
        cards = len(readings[0].cards) if readings else 0
        devices = [
            self._telemetry_of([of_card(reading, index) for reading in readings])
            for index in range(cards)
        ]
        return {
            **self._telemetry_of(readings),
            "overhead": self.overhead,
            **({"devices": devices} if devices else {}),
        }

    def _telemetry_of(self, readings: Sequence[Reading]) -> dict[str, Any]:
        assert self.origin is not None
        taken = energy(readings, self._intervals) if self.has_whole_card else None
        return {
            **summary(readings, self.own_processes, self.origin),
            "energy": taken and taken.to_json(),
        }

    @property
    def _intervals(self) -> list[tuple[int, int]]:
        """Start and end of each sample on the host's clock."""
        assert self.origin is not None
        starts = [self.origin + sample["start"] for sample in self.samples]
        return [
            (start, start + sample["end_to_end"])
            for start, sample in zip(starts, self.samples, strict=True)
        ]
