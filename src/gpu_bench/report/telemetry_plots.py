"""The plot of a run's sensors over time."""

from __future__ import annotations

import numpy as np

from gpu_bench.report import drawing
from gpu_bench.report.plots import MOST_DRAWN, Plot, plot, thinned
from gpu_bench.report.runs import Run

_SENSORS = {
    "sm_clock": "SM clock\n(MHz)",
    "memory_clock": "memory clock\n(MHz)",
    "power": "power\n(W)",
    "temperature": "temperature\n(°C)",
}
_PANEL = 0.95
# Fewer readings than this are marked one by one.
_ENOUGH_FOR_A_LINE = 12


def sensors_over_time(run: Run, key: str) -> Plot | None:
    """Clocks, power and temperature, a panel for each that was read and a line per process."""
    watched = [
        (process, process.details.readings)
        for process in run.processes
        if process.details.readings is not None and len(process.details.readings.time)
    ]
    panels = [
        name
        for name in _SENSORS
        if any(not np.isnan(getattr(readings, name)).all() for _, readings in watched)
    ]
    if not panels:
        return None
    rows = drawing.legend_rows([process.name for process, _ in watched])
    drawn, all_axes = drawing.figure(
        _PANEL * len(panels), panels=len(panels), legend_rows=rows, left=0.78
    )
    for axes, name in zip(all_axes, panels, strict=True):
        for number, (process, readings) in enumerate(watched):
            times, values = thinned(readings.time / 1e9, getattr(readings, name))
            axes.plot(
                times,
                values,
                label=process.name,
                color=drawing.series(number),
                ls=drawing.LINES[number % len(drawing.LINES)],
                # A single reading makes no line.
                marker=drawing.marker(number) if len(times) < _ENOUGH_FOR_A_LINE else "",
            )
        axes.set_ylabel(_SENSORS[name])
        axes.margins(y=0.15)
    drawn.align_ylabels(all_axes)
    all_axes[-1].set_xlabel("since the first sample of the process (s)")
    drawing.legend(drawn, all_axes[0])
    number = sum(len(readings.time) for _, readings in watched)
    caption = f"{number} readings of the device's sensors while samples were taken."
    if any(len(readings.time) > MOST_DRAWN for _, readings in watched):
        caption += " The lowest and the highest of neighbouring readings are drawn."
    return plot(drawn, key, "Clocks, power and temperature", caption)
