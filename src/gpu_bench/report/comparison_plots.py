"""The plot that compares the benchmarks of one device with their baselines."""

from __future__ import annotations

from gpu_bench.judge import outcomes
from gpu_bench.report import drawing
from gpu_bench.report.labels import of_metric
from gpu_bench.report.plots import Plot, plot
from gpu_bench.report.runs import Device

_METRIC = "end_to_end"
_ROW = 0.4
# As many characters as fit the width, with the state behind them.
_LONGEST_LABEL = 56
_MARKERS = {
    outcomes.SLOWER: "v",
    outcomes.FASTER: "^",
    outcomes.SAME: "s",
    outcomes.INCONCLUSIVE: "o",
}


def changes(device: Device, key: str) -> Plot | None:
    """The change of the end-to-end time of each benchmark that has a baseline, with intervals."""
    rows = [
        (benchmark.address, judged)
        for benchmark in device.benchmarks
        if (judged := benchmark.latest.judged(_METRIC)) is not None
    ]
    if not rows:
        return None
    drawn, (axes,) = drawing.figure(_ROW * len(rows), left=0.16, bottom=0.62)
    axes.grid(visible=False, axis="y")
    axes.spines["left"].set_visible(False)
    axes.set_yticks([])
    for place, (address, judged) in enumerate(rows):
        low, value, high = (
            (each - 1) * 100 for each in (judged.ratio.low, judged.ratio.value, judged.ratio.high)
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
            _label(address, state.word),
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
    axes.set_xlabel("change of the end-to-end time (%)\nfaster to the left, slower to the right")
    caption = (
        "Change against the baseline with its 95 % interval. Grey: the tolerance. Triangles: "
        "faster (up) or slower (down); squares: the same; hollow circles: inconclusive."
    )
    return plot(drawn, key, "Change of the end-to-end time", caption)


def _label(address: str, word: str) -> str:
    """An address and a state; of a long one the beginning, which names the model, and the end."""
    room = _LONGEST_LABEL - len(word)
    if len(address) > room:
        end = room // 2
        address = f"{address[: room - end - 1]}…{address[-end:]}"
    return f"{address}: {word}"
