"""The plot of a benchmark's figures from run to run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from gpu_bench.judge.verdict_writer import scale
from gpu_bench.report import drawing
from gpu_bench.report.aggregates import figure
from gpu_bench.report.history_steps import HISTORY, HistoryStep
from gpu_bench.report.plots import Plot, plot
from gpu_bench.report.runs import Benchmark, Run, same_work

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LABELS = ("end-to-end", "first token", "inter-token", "peak memory")
_METRICS = dict(zip(HISTORY, _LABELS, strict=True))
_PANEL = 0.95
_MOST_LABELS = 12
_LONGEST_LABEL = 22


def history(benchmark: Benchmark, steps: Sequence[HistoryStep], key: str) -> Plot | None:
    """Figures over runs, oldest first, with ``steps``; None if fewer than two runs have any."""
    runs = [run for run in benchmark.runs if run.measurement.results]
    if len(runs) <= 1:
        return None
    panels = [name for name in _METRICS if any(figure(run, name) for run in runs)]
    drawn, all_axes = drawing.figure(
        _PANEL * len(panels), panels=len(panels), left=0.78, bottom=1.05
    )
    changes = [
        number for number in range(1, len(runs)) if not same_work(runs[number - 1], runs[number])
    ]
    for axes, name in zip(all_axes, panels, strict=True):
        _panel(axes, runs, name, changes)
        for step in steps:
            if step.metric == name:
                place = runs.index(step.after) - 0.5
                axes.axvline(
                    place, color=drawing.colour("bad" if step.is_worse else "good"), ls="--"
                )
    drawn.align_ylabels(all_axes)
    last = all_axes[-1]
    last.set_xlim(-0.5, len(runs) - 0.5)
    stride = -(-len(runs) // _MOST_LABELS)
    # The last run is always labelled.
    places = list(range(len(runs) - 1, -1, -stride))[::-1]
    last.set_xticks(places)
    labels = [_short(runs[place].label) for place in places]
    last.set_xticklabels(labels, rotation=40, ha="right", rotation_mode="anchor")
    caption = (
        f"{len(runs)} runs, oldest first. Bars go from the lowest to the highest process; the axes "
        "need not begin at zero."
    )
    if any(run.dirty for run in runs):
        caption += " Hollow: files differed from the commit."
    if changes:
        caption += " Dotted line: the configuration changed, so both sides of it do not compare."
    if steps:
        caption += " Dashed line: a step, listed below."
    return plot(drawn, key, "From run to run", caption)


def _panel(axes: Axes, runs: list[Run], name: str, changes: list[int]) -> None:
    figures = [(place, figure(run, name)) for place, run in enumerate(runs)]
    known = [(place, point) for place, point in figures if point is not None]
    factor, unit = scale(float(np.median([point.value for _, point in known])), known[0][1].unit)
    for first, end in zip([0, *changes], [*changes, len(runs)], strict=True):
        part = [(place, point) for place, point in known if first <= place < end]
        axes.plot(
            [place for place, _ in part],
            [point.value / factor for _, point in part],
            color=drawing.series(0),
        )
    for place, point in known:
        axes.errorbar(
            place,
            point.value / factor,
            yerr=[
                [(point.value - point.low) / factor],
                [(point.high - point.value) / factor],
            ],
            color=drawing.series(0),
            marker="o",
            markersize=5,
            mfc=drawing.colour("surface") if runs[place].dirty else None,
            elinewidth=1,
            capsize=2,
        )
    for change in changes:
        axes.axvline(change - 0.5, color=drawing.colour("text"), ls=":", lw=1)
    axes.set_ylabel(f"{_METRICS[name]}\n({unit})")
    axes.margins(y=0.2)


def _short(label: str) -> str:
    return label if len(label) <= _LONGEST_LABEL else f"{label[: _LONGEST_LABEL - 1]}…"
