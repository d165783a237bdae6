"""A verdict as JSON, which its schema describes, and as text for people."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from gpu_bench.judge.clock import ClockEffect
from gpu_bench.judge.metric_verdict import MetricVerdict, Ratio, percent, ratio_of
from gpu_bench.judge.verdict import Verdict
from gpu_bench.results.measurement import Measurement
from toolkit.tables import text_table

SCHEMA = 1
KIND = "gpu_bench.verdict"
NAME = "verdict.json"

_SCALES = {
    "ns": ((1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1, "ns")),
    "bytes": ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"), (1, "B")),
    "J": ((1, "J"), (1e-3, "mJ")),
    "tokens/s": ((1, "tokens/s"),),
}


def as_json(verdict: Verdict, new: Measurement, base: Measurement | None) -> dict[str, Any]:
    """The content of a verdict file."""
    outputs = verdict.outputs
    return {
        "schema": SCHEMA,
        "kind": KIND,
        "address": verdict.address,
        "verdict": verdict.verdict,
        "reason": verdict.reason,
        "another_round": verdict.another_round,
        "fingerprint": dict(new.first.fingerprint),
        "base": None if base is None else _side(base),
        "new": _side(new),
        "outputs": None if outputs is None else asdict(outputs),
        "metrics": [_metric(metric) for metric in verdict.metrics],
        "disturbed": [
            {**asdict(disturbance), "reasons": list(disturbance.reasons)}
            for disturbance in verdict.disturbed
        ],
        "notes": list(verdict.notes),
    }


def _side(measured: Measurement) -> dict[str, Any]:
    revision = measured.first.revision
    return {
        "address": measured.address,
        "measured_at": measured.first.measured_at,
        "revision": revision and asdict(revision),
        "rounds": len(measured.results),
        "device_hash": measured.first.fingerprint.get("device_hash"),
        "environment": dict(measured.first.environment),
    }


def _metric(judged: MetricVerdict) -> dict[str, Any]:
    need = judged.need
    return {
        "name": judged.metric.name,
        "unit": judged.metric.unit,
        "decides": judged.metric.decides,
        "higher_is_better": judged.metric.higher_is_better,
        "verdict": judged.verdict,
        "reason": judged.reason,
        "base": judged.base,
        "new": judged.new,
        "ratio": _ratio(judged.ratio),
        "clock": None if judged.clock is None else _clock(judged.clock),
        "tolerance": judged.tolerance,
        "noise_floor": judged.noise_floor,
        "floor_decides": judged.floor_decides,
        "spread_assumed": judged.assumed,
        "processes": {"base": judged.processes[0], "new": judged.processes[1]},
        "samples": {"base": judged.samples[0], "new": judged.samples[1]},
        "needed": None if need is None else asdict(need),
    }


def _clock(effect: ClockEffect) -> dict[str, Any]:
    elasticity, corrected = effect.elasticity, effect.corrected
    return {
        "ratio": effect.ratio,
        "elasticity": elasticity
        and {"value": elasticity.value, "interval": [elasticity.low, elasticity.high]},
        "corrected": corrected and _ratio(ratio_of(corrected)),
    }


def _ratio(ratio: Ratio) -> dict[str, Any]:
    return {"value": ratio.value, "interval": [ratio.low, ratio.high]}


def as_text(verdict: Verdict) -> str:
    """The verdict for people: the answer, a table of metrics, and what to know of it."""
    lines = [f"{verdict.address}: {verdict.verdict.replace('_', ' ')}"]
    lines += [f"  {part}" for part in verdict.reason.split("; ")]
    deciding = [metric for metric in verdict.metrics if metric.metric.decides]
    others = [metric for metric in verdict.metrics if not metric.metric.decides]
    for title, chosen in (("what decides", deciding), ("for information", others)):
        if chosen:
            head = (title, "base", "new", "change (95 % interval)", "verdict")
            lines += ["", *text_table([head, *map(_row, chosen)])]
    for disturbance in verdict.disturbed:
        causes = ", ".join(disturbance.reasons)
        end = "; left out" if disturbance.left_out else ""
        lines += ["", f"process {disturbance.process} of {disturbance.side}: {causes}{end}"]
    if verdict.notes:
        lines += ["", *(f"note: {note}" for note in verdict.notes)]
    return "\n".join(lines) + "\n"


def _row(judged: MetricVerdict) -> tuple[str, ...]:
    unit = judged.metric.unit
    return (
        judged.metric.name,
        quantity(judged.base, unit),
        quantity(judged.new, unit),
        percent(judged.ratio),
        judged.verdict,
    )


def scale(value: float, unit: str) -> tuple[float, str]:
    """What to divide values of a unit by that are about as large as this one, and its name."""
    scales = _SCALES[unit]
    return next((candidate for candidate in scales if value >= candidate[0]), scales[-1])


def quantity(value: float, unit: str) -> str:
    """A value of a metric with a unit that suits its size."""
    factor, name = scale(value, unit)
    return f"{value / factor:#.4g} {name}"
