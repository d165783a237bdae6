"""The figures that a result has: units, directions, and how each is taken from a process."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gpu_bench.results.reader import PHASES, QUANTILES, MeasuredProcess, Times

TIME_TOLERANCE = 0.02
FIRST_TOKEN_TOLERANCE = 0.04
ALLOCATED_TOLERANCE = 0.005
RESERVED_TOLERANCE = 0.02
# The allocator takes memory in segments of 20 MiB, and larger ones in multiples of 2 MiB. At times
# the same code needs one or two more.
RESERVED_STEP = 2 * 20 * 2**20


# Of a 95 % interval of the normal distribution.
_NORMAL_QUANTILE = 1.96


@dataclass(frozen=True)
class Metric:
    """A figure of a result.

    ``unit`` is ns, bytes, J or tokens/s. ``decides`` says whether the overall verdict depends on
    it. ``tolerance`` is the share that it may get worse by default. ``values`` gives a process'
    values: one per sample, one in all, or none where it was not measured. An ``exact`` one does not
    vary by chance, but in steps of ``step``, one of which is no change. ``clocked`` values belong
    to samples, and so to the clock noted after each. ``error`` is the standard error of a process's
    single value, on a logarithmic scale.
    """

    name: str
    unit: str
    decides: bool
    tolerance: float
    values: Callable[[MeasuredProcess], Times]
    higher_is_better: bool = False
    exact: bool = False
    step: float = 0.0
    clocked: bool = False
    error: Callable[[MeasuredProcess], float] | None = None


def _of_samples(name: str) -> Callable[[MeasuredProcess], Times]:
    def values(process: MeasuredProcess) -> Times:
        times: Times = getattr(process, name)
        return times

    return values


def _once(name: str) -> Callable[[MeasuredProcess], Times]:
    return lambda process: np.array([max(getattr(process, name), 1)], float)


def _tokens_per_second(process: MeasuredProcess) -> Times:
    return process.tokens / (process.end_to_end / 1e9)


def _gap_quantile(name: str) -> Callable[[MeasuredProcess], Times]:
    def values(process: MeasuredProcess) -> Times:
        quantile = process.gap_quantiles.get(name)
        return np.empty(0) if quantile is None else np.array([quantile.value])

    return values


def _quantile_error(name: str) -> Callable[[MeasuredProcess], float]:
    def error(process: MeasuredProcess) -> float:
        quantile = process.gap_quantiles[name]
        return math.log(quantile.high / quantile.low) / (2 * _NORMAL_QUANTILE)

    return error


def _energy_per(name: str) -> Callable[[MeasuredProcess], Times]:
    def values(process: MeasuredProcess) -> Times:
        if process.energy is None or process.energy.joules <= 0:
            return np.empty(0)
        number = len(process.end_to_end) * getattr(process, name)
        return np.array([process.energy.joules / number])

    return values


def _energy_error(process: MeasuredProcess) -> float:
    assert process.energy is not None
    return process.energy.error / process.energy.joules


def _peak(name: str, *phases: str) -> Callable[[MeasuredProcess], Times]:
    def values(process: MeasuredProcess) -> Times:
        peaks = [process.memory[phase][name] for phase in phases if phase in process.memory]
        return np.array([max(peaks)], float) if peaks else np.empty(0)

    return values


def _time(name: str, *, decides: bool = False, tolerance: float = TIME_TOLERANCE) -> Metric:
    return Metric(name, "ns", decides, tolerance, _of_samples(name), clocked=True)


METRICS = (
    _time("end_to_end", decides=True),
    _time("time_to_first_token", decides=True, tolerance=FIRST_TOKEN_TOLERANCE),
    _time("inter_token", decides=True),
    *(
        Metric(
            f"inter_token_{name}",
            "ns",
            False,
            0.05,
            _gap_quantile(name),
            error=_quantile_error(name),
        )
        for name in QUANTILES
    ),
    Metric(
        "tokens_per_second",
        "tokens/s",
        False,
        TIME_TOLERANCE,
        _tokens_per_second,
        higher_is_better=True,
    ),
    _time("prefill", tolerance=FIRST_TOKEN_TOLERANCE),
    _time("decode"),
    _time("device_time"),
    *(
        Metric(f"energy_per_{name}", "J", False, 0.05, _energy_per(f"{name}s"), error=_energy_error)
        for name in ("token", "request")
    ),
    Metric("first_run", "ns", False, 0.1, _once("first_run")),
    Metric("load", "ns", False, 0.1, _once("load")),
    Metric(
        "peak_allocated",
        "bytes",
        True,
        ALLOCATED_TOLERANCE,
        _peak("peak_allocated", "prefill", "decode"),
        exact=True,
    ),
    Metric(
        "peak_reserved",
        "bytes",
        True,
        RESERVED_TOLERANCE,
        _peak("peak_reserved", "prefill", "decode"),
        exact=True,
        step=RESERVED_STEP,
    ),
    *(
        Metric(
            f"{phase}_peak_allocated",
            "bytes",
            False,
            ALLOCATED_TOLERANCE,
            _peak("peak_allocated", phase),
            exact=True,
        )
        for phase in PHASES
    ),
)
