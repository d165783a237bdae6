"""Reads the verdict that ``gpu_bench compare`` wrote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gpu_bench.core.json_reader import Fields
from gpu_bench.judge import outcomes
from gpu_bench.judge.intervals import Need
from gpu_bench.judge.metric_verdict import MetricVerdict, Ratio
from gpu_bench.judge.verdict_writer import KIND, SCHEMA
from gpu_bench.results.metrics import METRICS
from gpu_bench.results.reader import Revision, read_json, read_revision
from toolkit.errors import InputError

_METRICS = {metric.name: metric for metric in METRICS}


@dataclass(frozen=True)
class ReadBase:
    """What a verdict says of the base: its address, and when and at which revision it was made."""

    address: str
    measured_at: str
    revision: Revision | None = None


@dataclass(frozen=True)
class ReadVerdict:
    """A verdict file, its metrics by name; ``outputs`` is empty if they were not compared."""

    place: str
    address: str
    digest: str
    verdict: str
    reason: str
    outputs: str
    metrics: Mapping[str, MetricVerdict]
    notes: tuple[str, ...]
    base: ReadBase | None = None


def read_verdict(path: Path) -> ReadVerdict:
    """The verdict in a file. Raises InputError that names the file and the line, or the field."""
    document = read_json(path)
    place = str(path)
    if not isinstance(document, dict) or document.get("kind") != KIND:
        raise InputError(
            f"this is not a verdict: it is no JSON object of kind {KIND}",
            place=place,
            hint="let `gpu_bench compare` write it with --output",
        )
    top = Fields(document, "", place)
    if type(document.get("schema")) is not int or document["schema"] != SCHEMA:
        raise InputError(
            f"the verdict has schema {document.get('schema')!s:.80}, expected {SCHEMA}",
            place=place,
            hint="compare again with this version",
        )
    outputs = top.optional_object("outputs")
    metrics = [_metric(metric) for metric in top.objects("metrics")]
    return ReadVerdict(
        place=place,
        address=top.text("address"),
        digest=top.object("fingerprint").text("digest"),
        verdict=top.choice("verdict", outcomes.ALL),
        reason=top.text("reason"),
        outputs=_outputs(outputs) if outputs else "",
        metrics={judged.metric.name: judged for judged in metrics},
        notes=top.texts("notes"),
        base=_base(top.optional_object("base")),
    )


def _base(fields: Fields | None) -> ReadBase | None:
    if fields is None:
        return None
    return ReadBase(fields.text("address"), fields.text("measured_at"), read_revision(fields))


def _outputs(fields: Fields) -> str:
    reason = fields.text("reason")
    name = fields.text("verdict").replace("_", " ")
    return f"{name}: {reason}" if reason else name


def _metric(fields: Fields) -> MetricVerdict:
    need = fields.optional_object("needed")
    return MetricVerdict(
        metric=_METRICS[fields.choice("name", tuple(_METRICS))],
        verdict=fields.choice("verdict", outcomes.OF_METRICS),
        reason=fields.text("reason"),
        base=fields.number("base"),
        new=fields.number("new"),
        ratio=_ratio(fields.object("ratio")),
        tolerance=fields.number("tolerance"),
        noise_floor=fields.number("noise_floor"),
        floor_decides=fields.flag("floor_decides"),
        assumed=fields.flag("spread_assumed"),
        processes=_of_sides(fields.object("processes")),
        samples=_of_sides(fields.object("samples")),
        need=_need(need) if need else None,
    )


def _of_sides(fields: Fields) -> tuple[int, int]:
    return fields.whole("base", least=0), fields.whole("new", least=0)


def _need(fields: Fields) -> Need:
    return Need(
        fields.text("more"), fields.whole("processes", least=0), fields.whole("samples", least=0)
    )


def _ratio(fields: Fields) -> Ratio:
    interval = fields.numbers("interval")
    if len(interval) != 2:  # noqa: PLR2004 - the ends of an interval
        raise fields.wrong("interval", "two numbers")
    return Ratio(fields.number("value"), *interval)
