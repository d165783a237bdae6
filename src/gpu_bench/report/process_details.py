"""What a result says of a process beside its samples: how it began, went and ended."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gpu_bench.core.json_reader import Fields
from gpu_bench.results.reader import Result

STOPS = ("target_interval", "max_samples", "timeout", "problem")

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Readings:
    """Sensors over time, NaN where one gave nothing. Times in ns since the first sample.

    Clocks in MHz, power in watts, temperature in degrees Celsius.
    """

    time: Values
    sm_clock: Values
    memory_clock: Values
    power: Values
    temperature: Values


@dataclass(frozen=True)
class ProcessDetails:
    """Times in ns. ``warmup_times`` is empty if they were not kept.

    ``readings`` and ``overhead`` (a share of the end-to-end time) are None if nobody watched,
    or the overhead was not measured. ``starts`` has the start of each sample.
    """

    starts: Values
    warmup_runs: int
    warmup_times: Values
    stopped_by: str
    readings: Readings | None
    overhead: float | None


def process_details(result: Result) -> tuple[ProcessDetails, ...]:
    """The details of each process of a result. Raises InputError that names the field."""
    processes = Fields(result.document, "", result.place).objects("processes")
    return tuple(_details(process) for process in processes)


def _details(fields: Fields) -> ProcessDetails:
    warmup = fields.object("warmup")
    telemetry = fields.optional_object("telemetry")
    return ProcessDetails(
        starts=np.array([sample.whole("start") for sample in fields.objects("samples")], float),
        warmup_runs=warmup.whole("runs", least=0),
        warmup_times=warmup.times("times", least=0) if "times" in warmup.values else np.empty(0),
        stopped_by=fields.choice("stopped_by", STOPS),
        readings=None if telemetry is None else _readings(telemetry.objects("readings")),
        overhead=None if telemetry is None else telemetry.optional_number("overhead"),
    )


def _readings(entries: list[Fields]) -> Readings:
    columns = {
        name: [entry.optional_number(name) for entry in entries]
        for name in ("sm_clock", "memory_clock", "power", "temperature")
    }
    return Readings(
        time=np.array([entry.whole("time") for entry in entries], float),
        # None becomes NaN.
        **{name: np.array(column, float) for name, column in columns.items()},
    )
