"""What share of a card's peaks a run reached: operations and memory bandwidth, by phase."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gpu_bench.report.aggregates import figure
from gpu_bench.report.runs import Device, Run
from gpu_bench.results.peaks import Peaks, peaks_of
from gpu_bench.results.reader import TIMES


@dataclass(frozen=True)
class Utilization:
    """Of a phase: operations and bytes in a second, and their shares of the devices' peaks."""

    phase: str
    operations: float
    operations_share: float | None
    bandwidth: float
    bandwidth_share: float | None


def utilization(run: Run, measured: Mapping[str, Peaks]) -> tuple[Utilization, ...]:
    """The phases of a run whose work was counted; ``measured`` are peaks by fingerprint."""
    return tuple(_phases(run, measured))


def _phases(run: Run, measured: Mapping[str, Peaks]) -> Iterator[Utilization]:
    devices = run.first.devices
    peaks = peaks_of(run.first.device_name, run.digest, measured)
    if "others" in run.first.fingerprint["accelerator"]:
        # What devices of several kinds can do together is in no table.
        peaks = None
    most = peaks and peaks.operations.get(str(run.first.request["dtype"]))
    for phase, work in run.first.work.items():
        time = figure(run, phase) if phase in TIMES else None
        if time is None:
            continue
        seconds = time.value / 1e9
        yield Utilization(
            phase,
            work.operations / seconds,
            work.operations / seconds / (most * devices) if most else None,
            work.bytes / seconds,
            work.bytes / seconds / (peaks.bandwidth * devices) if peaks else None,
        )


def sources(device: Device, measured: Mapping[str, Peaks]) -> str:
    """Where the peaks are from, or that there are none; empty if no run needs them."""
    if not any(benchmark.latest.first.work for benchmark in device.benchmarks):
        return ""
    peaks = peaks_of(device.name, str(device.fingerprint["digest"]), measured)
    if peaks is None:
        return (
            f"no shares of peak: {device.name} is not in the table of peaks, and `report --peaks` "
            "names no file of its own"
        )
    return f"peaks of the {peaks.source}, dense"
