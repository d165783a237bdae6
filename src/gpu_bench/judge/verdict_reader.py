"""Reads the verdict that ``gpu_bench compare`` wrote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gpu_bench.core.json_reader import Fields
from gpu_bench.judge import verdict
from gpu_bench.judge.metric_verdict import Ratio
from gpu_bench.judge.verdict_writer import KIND, SCHEMA
from gpu_bench.results.metrics import METRICS
from gpu_bench.results.reader import read_json
from toolkit.errors import InputError

VERDICTS = (
    verdict.FASTER,
    verdict.SAME,
    verdict.SLOWER,
    verdict.INCONCLUSIVE,
    verdict.WRONG_OUTPUT,
    verdict.NO_BASELINE,
)
_METRIC_VERDICTS = (verdict.FASTER, verdict.SAME, verdict.SLOWER, verdict.INCONCLUSIVE)


@dataclass(frozen=True)
class JudgedMetric:
    """A metric of a verdict: ``base`` and ``new`` in its unit, ``ratio`` is new over base."""

    name: str
    unit: str
    decides: bool
    verdict: str
    reason: str
    base: float
    new: float
    ratio: Ratio
    tolerance: float
    noise_floor: float
    samples: tuple[int, int]


@dataclass(frozen=True)
class ReadVerdict:
    """A verdict file, its metrics by name; ``outputs`` is empty where they were not compared."""

    place: str
    address: str
    digest: str
    verdict: str
    reason: str
    outputs: str
    metrics: Mapping[str, JudgedMetric]
    notes: tuple[str, ...]


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
    metrics = [_metric(each) for each in top.objects("metrics")]
    return ReadVerdict(
        place=place,
        address=top.text("address"),
        digest=top.object("fingerprint").text("digest"),
        verdict=top.choice("verdict", VERDICTS),
        reason=top.text("reason"),
        outputs=_outputs(outputs) if outputs else "",
        metrics={each.name: each for each in metrics},
        notes=top.texts("notes"),
    )


def _outputs(fields: Fields) -> str:
    reason = fields.text("reason")
    name = fields.text("verdict").replace("_", " ")
    return f"{name}: {reason}" if reason else name


def _metric(fields: Fields) -> JudgedMetric:
    samples = fields.object("samples")
    return JudgedMetric(
        name=fields.text("name"),
        unit=fields.choice("unit", sorted({metric.unit for metric in METRICS})),
        decides=fields.flag("decides"),
        verdict=fields.choice("verdict", _METRIC_VERDICTS),
        reason=fields.text("reason"),
        base=fields.number("base"),
        new=fields.number("new"),
        ratio=_ratio(fields.object("ratio")),
        tolerance=fields.number("tolerance"),
        noise_floor=fields.number("noise_floor"),
        samples=(samples.whole("base", least=0), samples.whole("new", least=0)),
    )


def _ratio(fields: Fields) -> Ratio:
    interval = fields.numbers("interval")
    if len(interval) != 2:
        raise fields.wrong("interval", "two numbers")
    return Ratio(fields.number("value"), *interval)
