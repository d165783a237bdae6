"""The page: everything that is known of all runs, in one file that needs nothing else."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from gpu_bench.judge import outcomes
from gpu_bench.judge.verdict_writer import quantity
from gpu_bench.report import comparison_plots, history_plots, sample_plots, tables, telemetry_plots
from gpu_bench.report.drawing import matplotlib_settings
from gpu_bench.report.history_steps import history_steps
from gpu_bench.report.labels import METRICS, PROBLEMS, STATES, State, by_state, in_words
from gpu_bench.report.load import Limits, under_load
from gpu_bench.report.plots import Plot
from gpu_bench.report.runs import Benchmark, Device, Run
from gpu_bench.report.tables import (
    Cell,
    HistoryRow,
    LoadRow,
    MemoryRow,
    MetricRow,
    ProcessRow,
    UtilizationRow,
)
from gpu_bench.report.utilization import sources
from gpu_bench.results.peaks import Peaks
from toolkit.errors import ToolError

_TEMPLATES = Path(__file__).parent / "templates"


# More would not fit the first screen.
_MOST_HEADLINES = 8


@dataclass(frozen=True)
class ProblemView:
    """What ended a measurement."""

    part: str
    kind: str
    message: str
    hint: str
    kept: str


@dataclass(frozen=True)
class BenchmarkView:
    """What the page shows of a benchmark; all but the history is of its latest run."""

    anchor: str
    address: str
    state: State
    reason: tuple[str, ...]
    measured_at: str
    commits: str
    directory: str
    baseline: str
    outputs: str
    acceptance: str
    notes: tuple[str, ...]
    problems: tuple[ProblemView, ...]
    cells: tuple[Cell, ...]
    deciding: tuple[MetricRow, ...]
    informative: tuple[MetricRow, ...]
    comparison_plot: Plot | None
    plots: tuple[Plot, ...]
    percentiles: tuple[tuple[str, str], ...]
    processes: tuple[ProcessRow, ...]
    memory: tuple[MemoryRow, ...]
    of_peaks: tuple[UtilizationRow, ...]
    configuration: list[tuple[str, str]]
    model_config: str
    versions: list[tuple[str, str]]
    history_plot: Plot | None
    steps: tuple[tuple[str, bool], ...]
    history: tuple[HistoryRow, ...]


@dataclass(frozen=True)
class DeviceView:
    """What the page shows of a device."""

    anchor: str
    name: str
    machine: str
    digest: str
    peaks: str
    load: tuple[LoadRow, ...]
    changes: Plot | None
    benchmarks: tuple[BenchmarkView, ...]


def page(
    devices: Sequence[Device],
    problems: Sequence[ToolError],
    limits: Limits | None = None,
    peaks: Mapping[str, Peaks] | None = None,
) -> str:
    """The page's HTML; ``limits`` are those of goodput, ``peaks`` those measured by fingerprint.

    Raises ModuleNotFoundError without matplotlib.
    """
    limits = limits or Limits()
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["breakable"] = _breakable
    environment.filters["unbroken"] = _unbroken
    with matplotlib_settings():
        views = [
            _device(device, f"device-{number}", limits, peaks or {})
            for number, device in enumerate(devices, 1)
        ]
    text: str = environment.get_template("index.html.jinja").render(
        devices=views,
        problems=problems,
        counts=counted_states(devices),
        headlines=_headlines(views),
        steps=_worse_steps(views),
        limits=str(limits),
        columns=[METRICS[name] for name in tables.COMPARED],
    )
    return text


# What was measured and needs a look, though nothing says that it got worse.
_OPEN = (STATES["partial"], STATES[outcomes.INCONCLUSIVE])


def _headlines(views: Sequence[DeviceView]) -> list[tuple[str, str, State, str]]:
    """Address, anchor, state and reason of what got worse, failed or stays open, worst first."""
    rows = [
        (benchmark.address, benchmark.anchor, benchmark.state, "; ".join(benchmark.reason))
        for device in views
        for benchmark in device.benchmarks
        if benchmark.state.tone == "bad" or benchmark.state in _OPEN
    ]
    return rows[:_MOST_HEADLINES]


def _worse_steps(views: Sequence[DeviceView]) -> list[tuple[str, str, str]]:
    """Address, anchor and text of the steps after which more was used."""
    rows = [
        (benchmark.address, benchmark.anchor, text)
        for device in views
        for benchmark in device.benchmarks
        for text, is_worse in benchmark.steps
        if is_worse
    ]
    return rows[:_MOST_HEADLINES]


def _breakable(address: str) -> Markup:
    """An address that may be broken where its parts begin."""
    return Markup(re.sub(r"([@,=:/])", r"\1<wbr>", str(escape(address))))


def _unbroken(text: str) -> Markup:
    """A text whose intervals, percentages and tolerances are not broken over lines."""
    return Markup(
        re.sub(
            r"\([+\u2212]?[\d.]+ to [+\u2212]?[\d.]+\)|(?:tolerance )?\S+ %",
            r'<span class="together">\g<0></span>',
            str(escape(text)),
        )
    )


def counted_states(devices: Sequence[Device]) -> list[tuple[State, int]]:
    """How many benchmarks are in each state, the worst first."""
    counts = Counter(
        benchmark.latest.state for device in devices for benchmark in device.benchmarks
    )
    return [(state, counts[name]) for name, state in STATES.items() if counts[name]]


def _device(device: Device, key: str, limits: Limits, peaks: Mapping[str, Peaks]) -> DeviceView:
    return DeviceView(
        anchor=key,
        name=device.name,
        machine=tables.machine(device.fingerprint),
        digest=device.fingerprint["digest"][:12],
        peaks=sources(device, peaks),
        load=tuple(map(tables.load, under_load(device.benchmarks, limits))),
        changes=comparison_plots.changes(device, f"{key}-changes"),
        benchmarks=tuple(
            _benchmark(benchmark, f"{key}-benchmark-{number}", peaks)
            for number, benchmark in enumerate(by_state(device.benchmarks), 1)
        ),
    )


_PLOTS: tuple[Callable[[Run, str], Plot | None], ...] = (
    sample_plots.samples_over_time,
    sample_plots.spread_of_samples,
    sample_plots.spread_of_gaps,
    sample_plots.warm_up,
    telemetry_plots.sensors_over_time,
)


def _benchmark(benchmark: Benchmark, key: str, peaks: Mapping[str, Peaks]) -> BenchmarkView:
    run = benchmark.latest
    request = run.first.request
    steps = history_steps(benchmark)
    config = request.get("config")
    drawn = (draw(run, f"{key}-{draw.__name__.replace('_', '-')}") for draw in _PLOTS)
    return BenchmarkView(
        anchor=key,
        address=benchmark.address,
        state=STATES[run.state],
        reason=tuple(map(in_words, run.reason.split("; "))),
        measured_at=tables.time(run),
        commits=tables.commits(run),
        directory=run.directory,
        baseline=tables.baseline(run),
        outputs=run.verdict.outputs if run.verdict else "",
        acceptance=tables.acceptance(run),
        notes=tuple(map(in_words, run.verdict.notes)) if run.verdict else (),
        problems=tuple(_problems(run)),
        cells=tables.compared(run),
        deciding=tables.metrics(run, decides=True),
        informative=tables.metrics(run, decides=False),
        comparison_plot=comparison_plots.metrics(run, f"{key}-metrics"),
        plots=tuple(plot for plot in drawn if plot is not None),
        percentiles=tables.gap_percentiles(run),
        processes=tables.processes(run),
        memory=tables.memory(run),
        of_peaks=tables.of_peaks(run, peaks),
        configuration=tables.settings(request, leave_out=("schema", "address", "config")),
        model_config="" if config is None else json.dumps(config, indent=2, ensure_ascii=False),
        versions=_versions(run),
        history_plot=history_plots.history(benchmark, steps, f"{key}-history"),
        steps=tuple((str(step), step.is_worse) for step in steps),
        history=tables.history(benchmark) if len(benchmark.runs) > 1 else (),
    )


def _versions(run: Run) -> list[tuple[str, str]]:
    fingerprint = run.first.fingerprint
    device: Mapping[str, object] = fingerprint["accelerator"]
    return [
        *tables.settings(run.first.environment),
        ("torch", fingerprint["torch"]),
        *((f"device: {name}", value) for name, value in tables.settings(device)),
        *tables.settings({"device_hash": fingerprint.get("device_hash")}),
        *((f"not measured: {name}", reason) for name, reason in run.first.missing.items()),
    ]


def _problems(run: Run) -> Iterator[ProblemView]:
    samples = sum(len(process.end_to_end) for process in run.measurement.processes)
    kept = f"{samples} samples before it are shown" if samples else "there are no samples"
    for status, problem, part in run.problems:
        details = problem or {}
        kind = PROBLEMS.get(details.get("kind", ""), STATES[status].word)
        peak = details.get("peak_allocated")
        if isinstance(peak, int):
            kind += f" at {quantity(peak, 'bytes')} allocated"
        yield ProblemView(
            part=part,
            kind=kind,
            message=details.get("message", "the result names no problem"),
            hint=str(details.get("hint") or ""),
            kept=kept,
        )
