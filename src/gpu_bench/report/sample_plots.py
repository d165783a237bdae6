"""Plots of one run's samples: over time, how they spread, gaps between tokens, the warm-up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gpu_bench.judge.verdict_writer import quantity, scale
from gpu_bench.report import drawing
from gpu_bench.report.aggregates import gaps, percentiles
from gpu_bench.report.plots import Plot, Values, Window, counted, cumulative, plot, window
from gpu_bench.report.runs import NamedProcess, Run

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_HEIGHT = 1.9


def samples_over_time(run: Run, key: str) -> Plot | None:
    """End-to-end times by when they were measured, a series for each process."""
    processes = _with_samples(run)
    if not processes:
        return None
    values, (factor, unit), view = _end_to_end(processes)
    drawn, axes = _figure(processes)
    for number, process in enumerate(processes):
        times = process.details.starts / 1e9
        own = process.measured.end_to_end
        inside = own <= view.high
        style: dict[str, Any] = {"color": drawing.series(number), "marker": drawing.marker(number)}
        axes.plot(times[inside], own[inside] / factor, label=process.name, lw=0, **style)
        axes.plot(
            times[~inside],
            np.full(int((~inside).sum()), view.high / factor),
            lw=0,
            mfc="none",
            clip_on=False,
            **style,
        )
    axes.set_ylim(view.low / factor, view.high / factor)
    axes.set_ylabel(f"end-to-end time ({unit})")
    axes.set_xlabel("since the first sample of the process (s)")
    drawing.legend(drawn, axes)
    caption = (
        f"{counted(len(values), 'sample')} of {counted(len(processes), 'process', 'processes')}, "
        f"median {quantity(float(np.median(values)), 'ns')}."
        f"{_beyond(view, values, 'sample', 'hollow at the upper edge')}"
    )
    return plot(drawn, key, "Samples over time", caption)


def spread_of_samples(run: Run, key: str) -> Plot | None:
    """The empirical distribution of end-to-end times, a line for each process."""
    processes = _with_samples(run)
    if not processes:
        return None
    values, (factor, unit), view = _end_to_end(processes)
    drawn, axes = _figure(processes)
    for number, process in enumerate(processes):
        times, shares = cumulative(process.measured.end_to_end)
        axes.step(
            times / factor,
            shares * 100,
            where="post",
            label=process.name,
            color=drawing.series(number),
            ls=drawing.LINES[number % len(drawing.LINES)],
        )
    axes.set_xlim(view.low / factor, view.high / factor)
    _share_axis(axes, "samples")
    axes.set_xlabel(f"end-to-end time ({unit})")
    drawing.legend(drawn, axes)
    caption = (
        "Share of samples that took this long or less; lines side by side are processes that "
        f"differ.{_beyond(view, values, 'sample', 'not shown')}"
    )
    return plot(drawn, key, "Distribution of end-to-end times", caption)


def spread_of_gaps(run: Run, key: str) -> Plot | None:
    """The empirical distribution of the gaps between tokens, all pooled; with percentiles."""
    values = gaps(run.measurement.processes)
    if not len(values):
        return None
    median = float(np.median(values))
    factor, unit = scale(median, "ns")
    view = window(values)
    drawn, (axes,) = drawing.figure(_HEIGHT)
    times, shares = cumulative(values)
    axes.step(times / factor, shares * 100, where="post", color=drawing.series(0))
    visible = [
        percentile
        for percentile in percentiles(values)
        if percentile.value is not None and view.low <= percentile.value <= view.high
    ]
    axes.plot(
        [percentile.value / factor for percentile in visible if percentile.value is not None],
        [percentile.percent for percentile in visible],
        lw=0,
        marker="D",
        clip_on=False,
        color=drawing.colour("text"),
    )
    axes.set_xlim(view.low / factor, view.high / factor)
    _share_axis(axes, "gaps")
    axes.set_xlabel(f"gap between tokens ({unit})")
    marked = ", ".join(f"{percentile.percent:g}" for percentile in visible)
    caption = (
        f"All {counted(len(values), 'gap')} between tokens, median {quantity(median, 'ns')}."
        + (f" Diamonds: percentiles {marked}." if marked else "")
        + _beyond(view, values, "gap", "not shown")
    )
    return plot(drawn, key, "Distribution of inter-token latency", caption)


def warm_up(run: Run, key: str) -> Plot | None:
    """Times of the runs before the first sample, a line for each process."""
    processes = [process for process in run.processes if len(process.details.warmup_times)]
    if not processes:
        return None
    every = np.concatenate([process.details.warmup_times for process in processes])
    factor, unit = scale(float(every.max()), "ns")
    drawn, axes = _figure(processes)
    for number, process in enumerate(processes):
        times = process.details.warmup_times
        axes.plot(
            np.arange(1, len(times) + 1),
            times / factor,
            label=process.name,
            color=drawing.series(number),
            marker=drawing.marker(number),
            ls=drawing.LINES[number % len(drawing.LINES)],
        )
    wide = every.min() > 0 and every.max() > 4 * every.min()
    if wide:
        drawing.logarithmic(axes)
    axes.set_ylabel(f"end-to-end time ({unit})")
    axes.set_xlabel("run of the warm-up")
    drawing.whole_numbers(axes)
    drawing.legend(drawn, axes)
    unsettled = [process.name for process in processes if not process.measured.settled]
    caption = "Runs before the first sample" + (", on a logarithmic axis." if wide else ".")
    if unsettled:
        caption += f" Not settled when the maximum ended it: {', '.join(unsettled)}."
    return plot(drawn, key, "Warm-up", caption)


def _with_samples(run: Run) -> Sequence[NamedProcess]:
    return [process for process in run.processes if len(process.measured.end_to_end)]


def _end_to_end(
    processes: Sequence[NamedProcess],
) -> tuple[Values, tuple[float, str], Window]:
    """The end-to-end times of all processes, their scale, and what of them is shown."""
    values = np.concatenate([process.measured.end_to_end for process in processes])
    return values, scale(float(np.median(values)), "ns"), window(values)


def _figure(processes: Sequence[NamedProcess]) -> tuple[Figure, Axes]:
    """A figure of one panel, with room for a legend that names the processes."""
    rows = drawing.legend_rows([process.name for process in processes])
    drawn, (axes,) = drawing.figure(_HEIGHT, legend_rows=rows)
    return drawn, axes


def _share_axis(axes: Axes, what: str) -> None:
    axes.set_ylim(0, 100)
    axes.set_yticks([0, 25, 50, 75, 100])
    axes.set_ylabel(f"share of {what} (%)")


def _beyond(view: Window, values: np.ndarray, what: str, how: str) -> str:
    if not view.above:
        return ""
    longest = quantity(float(values.max()), "ns")
    return f" {counted(view.above, what)} beyond the axis, up to {longest}, {how}."
