"""What share of a card's peaks a run reached: operations and memory bandwidth, by phase."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gpu_bench.report.aggregates import figure
from gpu_bench.report.runs import Device, Run
from gpu_bench.results.peaks import peaks_of
from gpu_bench.results.reader import TIMES


@dataclass(frozen=True)
class Utilization:
    """Of a phase: operations and bytes in a second, and their shares of the card's peaks."""

    phase: str
    operations: float
    operations_share: float | None
    bandwidth: float
    bandwidth_share: float | None


def utilization(run: Run) -> tuple[Utilization, ...]:
    """The phases of a run whose work was counted."""
    return tuple(_phases(run))


def _phases(run: Run) -> Iterator[Utilization]:
    peaks = peaks_of(run.first.device_name)
    most = peaks and peaks.operations.get(str(run.first.request["dtype"]))
    for phase, work in run.first.work.items():
        time = figure(run, phase) if phase in TIMES else None
        if time is None:
            continue
        seconds = time.value / 1e9
        yield Utilization(
            phase,
            work.operations / seconds,
            work.operations / seconds / most if most else None,
            work.bytes / seconds,
            work.bytes / seconds / peaks.bandwidth if peaks else None,
        )


def sources(device: Device) -> str:
    """Where the peaks are from, or that there are none; empty if no run needs them."""
    if not any(benchmark.latest.first.work for benchmark in device.benchmarks):
        return ""
    peaks = peaks_of(device.name)
    if peaks is None:
        return f"no shares of peak: {device.name} is not in the table of peaks"
    return f"peaks of the {peaks.source}, dense"
