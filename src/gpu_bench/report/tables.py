"""The rows of the page's tables, as text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gpu_bench.core.vendors import not_tried
from gpu_bench.judge.metric_verdict import MetricVerdict, percent, share, signed_percent
from gpu_bench.judge.verdict_writer import quantity
from gpu_bench.report import labels
from gpu_bench.report.aggregates import PERCENTILES, figure, gaps, percentiles
from gpu_bench.report.labels import State
from gpu_bench.report.load import Load
from gpu_bench.report.runs import Benchmark, NamedProcess, Run, moment
from gpu_bench.report.utilization import utilization
from gpu_bench.results.measurement import WATCHED
from gpu_bench.results.peaks import Peaks
from gpu_bench.results.reader import PHASES

# What the comparison of all benchmarks shows of each.
COMPARED = (
    "end_to_end",
    "time_to_first_token",
    "inter_token",
    "tokens_per_second",
    "peak_allocated",
)
_NONE = "–"


@dataclass(frozen=True)
class Cell:
    """A figure, and what the verdict says of it if there is one."""

    value: str
    change: str = ""
    state: State | None = None


@dataclass(frozen=True)
class MetricRow:
    """A metric of a verdict."""

    label: str
    base: str
    new: str
    change: str
    tolerance: str
    processes: str
    state: State


@dataclass(frozen=True)
class ProcessRow:
    """How a process went."""

    name: str
    samples: int
    stopped_by: str
    warmup: str
    first_run: str
    load: str
    disturbances: str
    disturbed: bool
    overhead: str


@dataclass(frozen=True)
class MemoryRow:
    """The peaks of a phase, over all processes."""

    phase: str
    allocated: str
    reserved: str


@dataclass(frozen=True)
class UtilizationRow:
    """Operations and memory traffic of a phase, with their shares of the device's peaks."""

    phase: str
    operations: str
    operations_share: str
    bandwidth: str
    bandwidth_share: str


@dataclass(frozen=True)
class LoadRow:
    """How the requests of a benchmark fared under load."""

    address: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class HistoryRow:
    """A run among those of its benchmark."""

    measured_at: str
    commits: str
    state: State
    cells: tuple[Cell, ...]


def compared(run: Run) -> tuple[Cell, ...]:
    """A cell for each of ``COMPARED``."""
    return tuple(_cell(run, name) for name in COMPARED)


def _cell(run: Run, name: str) -> Cell:
    measured = figure(run, name)
    if measured is None:
        return Cell(_NONE)
    judged = run.judged(name)
    if judged is None:
        return Cell(quantity(measured.value, measured.unit))
    return Cell(
        quantity(measured.value, measured.unit),
        labels.with_minus(percent(judged.ratio)),
        labels.of_metric(judged.verdict, judged.metric.unit),
    )


def metrics(run: Run, *, decides: bool) -> tuple[MetricRow, ...]:
    """The metrics of the verdict that decide, or the others."""
    if run.verdict is None:
        return ()
    return tuple(
        _metric(metric)
        for metric in run.verdict.metrics.values()
        if metric.metric.decides == decides
    )


def _metric(judged: MetricVerdict) -> MetricRow:
    base, new = judged.processes
    return MetricRow(
        label=labels.metric(judged.metric.name),
        base=quantity(judged.base, judged.metric.unit),
        new=quantity(judged.new, judged.metric.unit),
        change=labels.with_minus(percent(judged.ratio)),
        tolerance=share(judged.tolerance),
        processes=f"{base} / {new}",
        state=labels.of_metric(judged.verdict, judged.metric.unit),
    )


def processes(run: Run) -> tuple[ProcessRow, ...]:
    """All processes of a run."""
    unknown = any(set(result.missing) & set(WATCHED) for result in run.rounds)
    return tuple(
        _process(process, "none known" if unknown else "none") for process in run.processes
    )


def _process(process: NamedProcess, undisturbed: str) -> ProcessRow:
    measured, details = process.measured, process.details
    settled = "" if measured.settled else ", not settled"
    watched = "; ".join(measured.disturbances) or undisturbed
    return ProcessRow(
        name=process.name,
        samples=len(measured.end_to_end),
        stopped_by=labels.STOPS[details.stopped_by],
        warmup=f"{details.warmup_runs}{settled}",
        first_run=quantity(measured.first_run, "ns"),
        load=quantity(measured.load, "ns"),
        disturbances=watched if measured.watched else "nobody watched",
        disturbed=bool(measured.disturbances),
        overhead=(
            "not measured"
            if details.overhead is None
            else labels.with_minus(f"{signed_percent(details.overhead, 2)} %")
        ),
    )


def memory(run: Run) -> tuple[MemoryRow, ...]:
    """The peaks of each phase that was recorded; those of new in an A/B run."""
    recorded = [process.measured.memory for process in run.processes if process.side == "new"]
    rows = []
    for phase in PHASES:
        peaks = [phases[phase] for phases in recorded if phase in phases]
        if peaks:
            allocated, reserved = (
                quantity(max(peak[name] for peak in peaks), "bytes")
                for name in ("peak_allocated", "peak_reserved")
            )
            rows.append(MemoryRow(labels.PHASES[phase], allocated, reserved))
    return tuple(rows)


def acceptance(run: Run) -> str:
    """What became of the tokens that were proposed in all samples; empty if none were."""
    processes = run.measurement.processes
    proposed = sum(process.proposed for process in processes)
    accepted = sum(process.accepted for process in processes)
    if not proposed:
        return ""
    tokens = sum(process.tokens * len(process.end_to_end) for process in processes)
    # Each step gives one token that was not proposed.
    return (
        f"{accepted / proposed * 100:.1f} % of proposed tokens accepted "
        f"({accepted} of {proposed}), {tokens / (tokens - accepted):.2f} tokens in each step"
    )


def of_peaks(run: Run, measured: Mapping[str, Peaks]) -> tuple[UtilizationRow, ...]:
    """The phases whose work was counted; those of new in an A/B run."""
    return tuple(
        UtilizationRow(
            phase=labels.PHASES[reached.phase],
            operations=f"{reached.operations / 1e12:#.3g} TFLOP/s",
            operations_share=_share(reached.operations_share),
            bandwidth=f"{reached.bandwidth / 1e9:#.3g} GB/s",
            bandwidth_share=_share(reached.bandwidth_share),
        )
        for reached in utilization(run, measured)
    )


def load(of_benchmark: Load) -> LoadRow:
    """Requests in progress and in a second, their times as median and 95th percentile, goodput."""
    goodput = of_benchmark.goodput
    return LoadRow(
        of_benchmark.benchmark.address,
        (
            str(of_benchmark.in_progress),
            f"{of_benchmark.requests_per_second:#.3g}/s",
            *(
                " / ".join(quantity(time, "ns") for time in pair)
                for pair in (of_benchmark.time_to_first_token, of_benchmark.per_token)
            ),
            "no limits given" if goodput is None else f"{goodput:#.3g}/s",
        ),
    )


def _share(value: float | None) -> str:
    return _NONE if value is None else f"{value * 100:.1f} %"


def gap_percentiles(run: Run) -> tuple[tuple[str, str], ...]:
    """Percentiles of the gaps between tokens, or what each would need; empty without gaps."""
    values = gaps(run.measurement.processes)
    if not len(values):
        return ()
    return tuple(
        (
            "median"
            if percentile.percent == PERCENTILES[0]
            else f"{percentile.percent:g}th percentile",
            f"needs {percentile.needed} gaps"
            if percentile.value is None
            else quantity(percentile.value, "ns"),
        )
        for percentile in percentiles(values)
    )


def history(benchmark: Benchmark) -> tuple[HistoryRow, ...]:
    """The runs of a benchmark, latest first."""
    return tuple(
        HistoryRow(
            measured_at=time(run),
            commits=commits(run),
            state=labels.STATES[run.state],
            cells=compared(run),
        )
        for run in reversed(benchmark.runs)
    )


def time(run: Run) -> str:
    """When a run was measured."""
    return run.measured_at.strftime("%Y-%m-%d %H:%M UTC")


def baseline(run: Run) -> str:
    """What a run was compared with; empty without a baseline."""
    base = run.verdict.base if run.verdict else None
    if base is None:
        return ""
    measured_at = moment(base.measured_at)
    when = measured_at.strftime("%Y-%m-%d %H:%M UTC") if measured_at else base.measured_at
    of = "" if base.address == run.address else f" of {base.address}"
    at = f", commit {base.revision}" if base.revision else ""
    return f"a result{of} measured {when}{at}"


def commits(run: Run) -> str:
    """The commits that a run is of; more than one where a cached measurement was reused."""
    return ", ".join(provenance.label for provenance in run.provenances) or "not recorded"


def settings(values: Mapping[str, Any], *, leave_out: Iterable[str] = ()) -> list[tuple[str, str]]:
    """Names and values of an object, in its order; what is null is left out."""
    hidden = set(leave_out)
    return [
        (name, _text(value))
        for name, value in values.items()
        if value is not None and name not in hidden
    ]


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    return json.dumps(value, ensure_ascii=False)


def machine(fingerprint: Mapping[str, Any]) -> str:
    """What a fingerprint stands for, in a line."""
    accelerator = fingerprint["accelerator"]
    parts: Sequence[tuple[str, Any]] = (
        ("driver", accelerator.get("driver")),
        ("CUDA", accelerator.get("cuda")),
        ("HIP", accelerator.get("hip")),
        ("XPU", accelerator.get("xpu")),
        ("torch", fingerprint["torch"]),
    )
    memory = accelerator.get("memory")
    known = [f"{name} {value}" for name, value in parts if value]
    if isinstance(memory, int):
        known.insert(0, f"{memory / 2**30:.4g} GiB")
    if (devices := accelerator.get("devices", 1)) > 1:
        known.insert(0, f"{devices} devices")
    others = {str(other["name"]) for other in accelerator.get("others", ())}
    if others:
        known.insert(1, f"also {' and '.join(sorted(others))}")
    if note := not_tried(fingerprint.get("vendor")):
        known.append(note)
    return ", ".join(known)
