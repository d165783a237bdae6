"""A run: what one benchmark's directory holds, and a benchmark's history of runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cached_property
from typing import Any

from gpu_bench.judge.metric_verdict import MetricVerdict
from gpu_bench.judge.verdict_reader import ReadVerdict
from gpu_bench.report.process_details import ProcessDetails, process_details
from gpu_bench.report.provenance import Provenance
from gpu_bench.results.measurement import METHOD_FIELDS, WORKLOAD_FIELDS, Measurement
from gpu_bench.results.reader import MeasuredProcess, Result

COMPLETE = "complete"
NOT_JUDGED = "not_judged"


@dataclass(frozen=True)
class NamedProcess:
    """A process with the name that figures and tables give it; ``side`` is base or new."""

    name: str
    side: str
    measured: MeasuredProcess
    details: ProcessDetails


@dataclass(frozen=True)
class Run:
    """Results of one benchmark on one device, measured together.

    ``rounds`` has at least one; ``base`` is the other side of an A/B run. ``measured_at`` is in
    UTC. ``provenances`` are those of all directories that hold this very run; ``directory`` is the
    first of them, below what was searched.
    """

    directory: str
    rounds: tuple[Result, ...]
    base: Result | None
    verdict: ReadVerdict | None
    provenances: tuple[Provenance, ...]
    measured_at: datetime

    @property
    def first(self) -> Result:
        """The round that stands for all where they are equal."""
        return self.rounds[0]

    @property
    def address(self) -> str:
        """The benchmark's address."""
        return self.first.address

    @property
    def digest(self) -> str:
        """The fingerprint's digest."""
        return self.first.digest

    @property
    def problems(self) -> tuple[tuple[str, Mapping[str, Any] | None, str], ...]:
        """Status, problem and part of the run, for each part that did not end well."""
        parts = [(f"round {number}", result) for number, result in enumerate(self.rounds)]
        if self.base is not None:
            parts = [("base", self.base), ("new", self.first)]
        elif len(parts) == 1:
            parts = [("", self.first)]
        return tuple(
            (result.status, result.problem, name)
            for name, result in parts
            if result.status != COMPLETE
        )

    @property
    def state(self) -> str:
        """The verdict; without one, how measuring ended."""
        if self.verdict is not None:
            return self.verdict.verdict
        statuses = [status for status, _, _ in self.problems]
        return statuses[-1] if statuses else NOT_JUDGED

    @property
    def reason(self) -> str:
        """Why the state is what it is, for people."""
        if self.verdict is not None:
            return self.verdict.reason
        if self.problems:
            _, problem, part = self.problems[-1]
            text = str(problem["message"]) if problem else "the result names no problem"
            return f"{part}: {text}" if part else text
        return "there is no verdict: nothing was compared"

    @cached_property
    def measurement(self) -> Measurement:
        """The rounds that have samples; there may be none."""
        return Measurement(tuple(result for result in self.rounds if result.measured))

    @cached_property
    def processes(self) -> tuple[NamedProcess, ...]:
        """All processes in order of time, also those that have no sample."""
        processes: list[NamedProcess] = []
        for number, result in enumerate(self.rounds):
            side = "new" if self.base is not None else ""
            prefix = side or (f"round {number}" if len(self.rounds) > 1 else "")
            processes += _named(result, prefix, side or "new")
        if self.base is not None:
            processes += _named(self.base, "base", "base")
            processes.sort(key=lambda process: process.measured.index)
        return tuple(processes)

    @property
    def label(self) -> str:
        """What a history calls the run: its commit, or else when it was measured."""
        if self.provenances and self.provenances[0].commit:
            more = len(self.provenances) - 1
            return self.provenances[0].label + (f" +{more}" if more else "")
        return self.measured_at.strftime("%Y-%m-%d %H:%M")

    @property
    def dirty(self) -> bool:
        """Whether the measured code is not exactly that of a commit."""
        return any(provenance.dirty for provenance in self.provenances)

    def judged(self, metric: str) -> MetricVerdict | None:
        """What the verdict says of a metric."""
        return None if self.verdict is None else self.verdict.metrics.get(metric)


@dataclass(frozen=True)
class Benchmark:
    """The runs of one address on one kind of device, oldest first."""

    runs: tuple[Run, ...]

    @property
    def latest(self) -> Run:
        """The run that was measured last."""
        return self.runs[-1]

    @property
    def address(self) -> str:
        """The benchmark's address."""
        return self.latest.address


@dataclass(frozen=True)
class Device:
    """The benchmarks that were measured under one fingerprint, by address."""

    benchmarks: tuple[Benchmark, ...]

    @property
    def fingerprint(self) -> Mapping[str, Any]:
        """The fingerprint of all results."""
        return self.benchmarks[0].latest.first.fingerprint

    @property
    def name(self) -> str:
        """The card's name, or the processor's."""
        return str(self.fingerprint["accelerator"]["name"])


def devices(runs: Iterable[Run]) -> tuple[Device, ...]:
    """Runs by fingerprint, by address and by time. Fingerprints are never mixed."""
    grouped: dict[tuple[str, str], dict[str, list[Run]]] = {}
    for run in runs:
        key = (run.first.device_name, run.digest)
        grouped.setdefault(key, {}).setdefault(run.address, []).append(run)
    return tuple(
        Device(
            tuple(
                Benchmark(
                    tuple(sorted(of_address, key=lambda run: (run.measured_at, run.directory)))
                )
                for _, of_address in sorted(by_address.items())
            )
        )
        for _, by_address in sorted(grouped.items())
    )


def same_work(first: Run, other: Run) -> bool:
    """Whether two runs measured the same configuration."""
    requests = [
        {name: run.first.request.get(name) for name in WORKLOAD_FIELDS + METHOD_FIELDS}
        for run in (first, other)
    ]
    return requests[0] == requests[1]


def moment(text: str) -> datetime | None:
    """A time of a result in UTC, or None if it is none."""
    try:
        # Before 3.11 the Z is not understood.
        parsed = datetime.fromisoformat(text.removesuffix("Z") + "+00:00" * text.endswith("Z"))
    except ValueError:
        return None
    return parsed.replace(tzinfo=parsed.tzinfo or timezone.utc).astimezone(timezone.utc)


def _named(result: Result, prefix: str, side: str) -> Sequence[NamedProcess]:
    prefix = f"{prefix}, " if prefix else ""
    return [
        NamedProcess(f"{prefix}process {measured.index}", side, measured, details)
        for measured, details in zip(result.processes, process_details(result), strict=True)
    ]
