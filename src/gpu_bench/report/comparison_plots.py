"""The plot that compares the benchmarks of one device with their baselines."""

from __future__ import annotations

from collections.abc import Sequence

from gpu_bench.judge import outcomes
from gpu_bench.judge.metric_verdict import MetricVerdict
from gpu_bench.judge.verdict_writer import quantity
from gpu_bench.report import drawing
from gpu_bench.report.labels import METRICS, by_state, of_metric, shortened
from gpu_bench.report.plots import Plot, plot
from gpu_bench.report.runs import Device, Run

_METRIC = "end_to_end"
_ROW = 0.4
# As many characters of a name as fit the width with a state behind them.
_LONGEST_LABEL = 42
_MARKERS = {
    outcomes.SLOWER: "v",
    outcomes.FASTER: "^",
    outcomes.SAME: "s",
    outcomes.INCONCLUSIVE: "o",
}


def changes(device: Device, key: str) -> Plot | None:
    """The change of the end-to-end time of each benchmark that has a baseline, with intervals."""
    judged = [
        (benchmark.address, verdict)
        # As in the table above it.
        for benchmark in by_state(device.benchmarks)
        if (verdict := benchmark.latest.judged(_METRIC)) is not None
    ]
    if not judged:
        return None
    names = shortened([address for address, _ in judged], _LONGEST_LABEL)
    rows = [(name, verdict) for name, (_, verdict) in zip(names, judged, strict=True)]
    return _forest(rows, key, "Change of the end-to-end time", "the end-to-end time")


def metrics(run: Run, key: str) -> Plot | None:
    """New against base: the change of each metric that decides, with intervals."""
    judged = () if run.verdict is None else run.verdict.metrics.values()
    rows = [
        (f"{METRICS[metric.metric.name]} ({_sides(metric)})", metric)
        for metric in judged
        if metric.metric.decides
    ]
    return _forest(rows, key, "New against base", "each metric") if rows else None


def _sides(judged: MetricVerdict) -> str:
    unit = judged.metric.unit
    return f"{quantity(judged.base, unit)} → {quantity(judged.new, unit)}"


def _forest(rows: Sequence[tuple[str, MetricVerdict]], key: str, title: str, what: str) -> Plot:
    """A row for each change, with its interval and tolerance; ``what`` names what changes."""
    drawn, (axes,) = drawing.figure(_ROW * len(rows), left=0.16, bottom=0.62)
    axes.grid(visible=False, axis="y")
    axes.spines["left"].set_visible(False)
    axes.set_yticks([])
    for place, (name, judged) in enumerate(rows):
        low, value, high = (
            (factor - 1) * 100
            for factor in (judged.ratio.low, judged.ratio.value, judged.ratio.high)
        )
        state = of_metric(judged.verdict, judged.metric.unit)
        paint = drawing.colour(state.tone)
        tolerance = judged.tolerance * 100
        axes.barh(place, 2 * tolerance, left=-tolerance, height=0.34, color=drawing.colour("grid"))
        axes.plot([low, high], [place, place], color=paint, lw=2, solid_capstyle="butt")
        axes.plot(
            value,
            place,
            marker=_MARKERS[judged.verdict],
            markersize=7,
            color=paint,
            mfc=drawing.colour("surface") if judged.verdict == outcomes.INCONCLUSIVE else paint,
        )
        axes.annotate(
            f"{name}: {state.word}",
            (0, place),
            xycoords=("axes fraction", "data"),
            xytext=(1, 10),
            textcoords="offset points",
            va="center",
            fontsize=8,
            bbox={"facecolor": drawing.colour("surface"), "edgecolor": "none", "pad": 1},
        )
        # Not through the label above.
        axes.vlines(0, place - 0.2, place + 0.2, color=drawing.colour("text"), lw=0.8, zorder=1)
    axes.set_ylim(len(rows) - 0.5, -0.75)
    axes.margins(x=0.04)
    axes.set_xlabel(f"change of {what} (%)\nbetter to the left, worse to the right")
    caption = (
        "Change against the base with its 95 % interval. Grey: the tolerance. Triangles: better "
        "(up) or worse (down); squares: the same; hollow circles: inconclusive."
    )
    return plot(drawn, key, title, caption)
