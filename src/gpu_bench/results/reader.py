"""Reads a result or a baseline, checked: ``read_result`` gives arrays or a message for a person."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_bench.core.json_reader import Fields
from toolkit.errors import InputError
from toolkit.input_file import read_text

SCHEMA = 1
KIND = "gpu_bench.result"
NAME = "result.json"
STATUSES = ("complete", "partial", "failed")
PHASES = ("load", "first_run", "prefill", "decode")
_COMPILED = ("compilations", "captures")
# To the first token, and of each further one.
_TIMES_OF_REQUEST = 2
# A quantile and the ends of its interval.
_QUANTILE_VALUES = 3
# By name: the share of gaps below, and how many gaps it takes for ten to lie beyond.
QUANTILES = {"p95": (0.95, 200), "p99": (0.99, 1000)}
TIMES = ("end_to_end", "time_to_first_token", "prefill", "decode")

Times = NDArray[np.float64]


@dataclass(frozen=True)
class Quantile:
    """A quantile of a process's gaps in ns, with the ends of its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Energy:
    """Energy of all samples of a process in joules, with its standard error."""

    joules: float
    error: float


@dataclass(frozen=True)
class MeasuredProcess:
    """What one process measured; arrays have an element per sample. Times in ns, clocks in MHz.

    ``requests`` are the prompts of a sample, and ``tokens`` those that it makes, of all prompts
    together. ``inter_token`` is the median gap between tokens of each sample; ``gaps`` are all gaps
    of the process, empty in a baseline. ``gap_quantiles`` are those of ``QUANTILES`` that the
    number of gaps supports, by name; a baseline has them, too. ``device_time`` and ``sm_clock`` are
    empty unless each sample has one. ``memory`` maps a phase to its peaks in bytes. ``compiled``
    counts the samples during which something was compiled or captured. ``served`` has a row for
    each request of continuous batching: time to its first token, and of each further one.

    ``proposed`` and ``accepted`` count what an assistant or a lookup proposed, in all samples.
    Tokens that are accepted at once have gaps of zero, so ``inter_token`` is the mean then.
    """

    index: int
    tokens: int
    load: int
    first_run: int
    settled: bool
    end_to_end: Times
    time_to_first_token: Times
    prefill: Times
    decode: Times
    inter_token: Times
    gaps: Times
    device_time: Times
    sm_clock: Times
    memory: Mapping[str, Mapping[str, int]]
    watched: bool
    throttled: tuple[str, ...]
    foreign_processes: int
    gap_quantiles: Mapping[str, Quantile] = field(default_factory=dict)
    energy: Energy | None = None
    requests: int = 1
    compiled: int = 0
    served: Times = field(default_factory=lambda: np.empty((0, 2)))
    proposed: int = 0
    accepted: int = 0

    @property
    def disturbances(self) -> tuple[str, ...]:
        """Why the times of this process are not evidence; empty if nothing is known."""
        reasons = [f"throttled by {reason}" for reason in self.throttled]
        if self.foreign_processes:
            number = self.foreign_processes
            reasons.append(f"{number} foreign process{'es' * (number > 1)} on the device")
        return tuple(reasons)


@dataclass(frozen=True)
class Output:
    """What the model generated; rows that are equal may be given once."""

    digest: str
    tokens: tuple[tuple[int, ...], ...]
    margins: tuple[tuple[float, ...], ...]
    top_logits: tuple[float, ...]
    stable: bool


@dataclass(frozen=True)
class Work:
    """What a phase takes for all rows: floating-point operations, and bytes that must move."""

    operations: float
    bytes: float


@dataclass(frozen=True)
class Revision:
    """The state of a repository; ``dirty``: files differed from the commit."""

    commit: str
    dirty: bool

    def __str__(self) -> str:
        """The commit in short, for people."""
        return self.commit[:9] + (" (dirty)" if self.dirty else "")


@dataclass(frozen=True)
class Result:
    """A result file. ``document`` is the JSON object as it was read.

    ``revision`` is the one that a baseline was made at, if it is known. ``work`` is that of each
    phase, if the model's work was counted. ``missing`` are figures that the device does not give,
    each with the reason.
    """

    place: str
    address: str
    request: Mapping[str, Any]
    status: str
    problem: Mapping[str, Any] | None
    fingerprint: Mapping[str, Any]
    environment: Mapping[str, Any]
    measured_at: str
    output: Output | None
    processes: tuple[MeasuredProcess, ...]
    document: Mapping[str, Any] = field(repr=False)
    revision: Revision | None = None
    work: Mapping[str, Work] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """The fingerprint's digest: what a result is filed under."""
        return str(self.fingerprint["digest"])

    @property
    def device_name(self) -> str:
        """The card's name, or the processor's."""
        return str(self.fingerprint["accelerator"]["name"])

    @property
    def devices(self) -> int:
        """How many devices, or processes on a processor, shared the model."""
        return int(self.fingerprint["accelerator"].get("devices", 1))

    @property
    def measured(self) -> tuple[MeasuredProcess, ...]:
        """The processes that have samples."""
        return tuple(process for process in self.processes if len(process.end_to_end))


def read_result(path: Path) -> Result:
    """The result at ``path``, or in the directory ``path`` under its usual name.

    Raises InputError that names the file and the line, or the field.
    """
    if os.path.isdir(path):
        path = path / NAME
    return parse_result(read_json(path), str(path))


def read_json(path: Path) -> Any:
    """The JSON value in a file. Raises InputError with line and column."""
    place = str(path)
    try:
        text = read_text(path, "the result")
    except InputError as problem:
        problem.hint = _EXPECTED
        raise
    try:
        value = json.loads(text, parse_constant=_no_constant)
        if r"\ud" in text.lower():
            # Half a surrogate pair is JSON, but no text that could be printed.
            json.dumps(value, ensure_ascii=False).encode()
        return value
    except UnicodeEncodeError:
        raise InputError(
            "the result has half a surrogate pair", place=place, hint=_DAMAGED
        ) from None
    except json.JSONDecodeError as problem:
        raise InputError(
            f"the result is not JSON: {problem.msg}",
            place=f"{place}:{problem.lineno}:{problem.colno}",
            hint=_DAMAGED,
        ) from None
    except (ValueError, RecursionError) as problem:
        reason = "it is nested too deeply" if isinstance(problem, RecursionError) else problem
        raise InputError(f"the result is not JSON: {reason}", place=place, hint=_DAMAGED) from None


_EXPECTED = "name a result.json that `gpu_bench run` wrote, its directory, or a baseline"
_DAMAGED = "the file is damaged: restore it, or measure again"


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON number")


def parse_result(document: Any, place: str) -> Result:
    """Checks a document against what judging relies on. Raises InputError that names the field."""
    if not isinstance(document, dict) or "kind" not in document or "schema" not in document:
        raise InputError(
            "this is not a result: it is not a JSON object with `schema` and `kind`",
            place=place,
            hint="name a result.json that `gpu_bench run` wrote, or a baseline",
        )
    if document["kind"] != KIND:
        raise InputError(
            f"this is not a result: its kind is {json.dumps(document['kind']):.80}, "
            f"expected {json.dumps(KIND)}",
            place=place,
            hint="name a result.json that `gpu_bench run` wrote, or a baseline",
        )
    if type(document["schema"]) is not int or document["schema"] != SCHEMA:
        raise InputError(
            f"the result has schema {json.dumps(document['schema']):.80}, expected {SCHEMA}",
            place=place,
            hint="measure again with this version; write a baseline again, too",
        )
    top = Fields(document, "", place)
    fingerprint = top.object("fingerprint")
    digest = fingerprint.text("digest")
    if not re.fullmatch("[0-9a-f]{64}", digest):
        raise fingerprint.wrong("digest", "64 hexadecimal digits")
    fingerprint.text("torch")
    if fingerprint.values.get("vendor") is not None:
        fingerprint.text("vendor")
    if fingerprint.values.get("device_hash") is not None:
        fingerprint.text("device_hash")
    accelerator = fingerprint.object("accelerator")
    accelerator.text("name")
    if "devices" in accelerator.values:
        accelerator.whole("devices", least=1)
    missing = top.object("missing") if "missing" in top.values else None
    problem = top.optional_object("problem")
    if problem is not None:
        problem.text("kind")
        problem.text("message")
    output = top.optional_object("output")
    request = top.object("request")
    request.text("dtype")
    requests = request.whole("batch_size", least=1)
    tokens = request.whole("num_tokens", least=1)
    environment = top.object("environment")
    return Result(
        place=place,
        address=top.text("address"),
        request=request.values,
        status=top.choice("status", STATUSES),
        problem=None if problem is None else problem.values,
        fingerprint=fingerprint.values,
        environment=environment.values,
        measured_at=top.text("measured_at"),
        output=None if output is None else _output(output),
        processes=tuple(_process(entry, requests, tokens) for entry in top.objects("processes")),
        document=document,
        revision=read_revision(top),
        work=_work(environment),
        missing={} if missing is None else {name: missing.text(name) for name in missing.values},
    )


def _throttled(telemetry: Fields) -> tuple[str, ...]:
    """Nothing where it is not known either: the result says so among what is missing."""
    if telemetry.values.get("throttled", ()) is None:
        return ()
    return telemetry.texts("throttled")


def _work(environment: Fields) -> dict[str, Work]:
    if environment.values.get("model") is None:
        return {}
    model = environment.object("model")
    if model.values.get("work") is None:
        return {}
    work = model.object("work")
    phases = {name: work.object(name) for name in work.values}
    return {
        name: Work(phase.number("operations"), phase.number("bytes"))
        for name, phase in phases.items()
    }


def read_revision(fields: Fields) -> Revision | None:
    """The revision that an object names, if it names one."""
    if fields.values.get("revision") is None:
        return None
    revision = fields.object("revision")
    return Revision(revision.text("commit"), revision.flag("dirty"))


def _output(fields: Fields) -> Output:
    tokens = fields.rows("tokens", whole=True)
    margins = fields.rows("margins")
    if margins and [len(row) for row in margins] != [len(row) for row in tokens]:
        raise fields.wrong("margins", "of the shape of `tokens`, or empty")
    return Output(
        digest=fields.text("digest"),
        tokens=tokens,
        margins=margins,
        top_logits=fields.numbers("top_logits"),
        stable=fields.flag("stable"),
    )


def _process(fields: Fields, requests: int, tokens: int) -> MeasuredProcess:
    samples = fields.objects("samples")
    gaps = [sample.times("inter_token", least=0) for sample in samples]
    telemetry = fields.optional_object("telemetry")
    return MeasuredProcess(
        index=fields.whole("index"),
        requests=requests,
        tokens=requests * tokens,
        load=fields.whole("load", least=0),
        first_run=fields.whole("first_run", least=0),
        settled=fields.object("warmup").flag("settled"),
        **{name: np.array([s.whole(name, least=1) for s in samples], float) for name in TIMES},
        inter_token=np.array(
            [_gap(sample, of_it, tokens) for sample, of_it in zip(samples, gaps, strict=True)],
            float,
        ),
        gaps=np.concatenate(gaps) if gaps else np.empty(0),
        device_time=_complete(samples, "device_time"),
        sm_clock=_complete(samples, "sm_clock"),
        memory=_memory(fields.object("memory")),
        watched=telemetry is not None,
        throttled=_throttled(telemetry) if telemetry else (),
        foreign_processes=telemetry.optional_count("foreign_processes") if telemetry else 0,
        gap_quantiles=_gap_quantiles(fields, np.concatenate(gaps) if gaps else np.empty(0)),
        energy=_energy(telemetry) if telemetry else None,
        compiled=sum(any(map(sample.optional_count, _COMPILED)) for sample in samples),
        served=np.array([times for sample in samples for times in _served(sample)]).reshape(-1, 2),
        proposed=sum(sample.optional_count("proposed") for sample in samples),
        accepted=sum(sample.optional_count("accepted") for sample in samples),
    )


def _served(sample: Fields) -> tuple[tuple[int, ...], ...]:
    if "requests" not in sample.values:
        return ()
    rows = sample.rows("requests", whole=True)
    if any(len(row) != _TIMES_OF_REQUEST or min(row) < 0 for row in rows):
        raise sample.wrong("requests", "pairs of integers of at least 0")
    return rows


def _energy(telemetry: Fields) -> Energy | None:
    if telemetry.values.get("energy") is None:
        return None
    energy = telemetry.object("energy")
    return Energy(energy.number("joules"), energy.number("error"))


def gap_quantiles(gaps: Times) -> dict[str, Quantile]:
    """The quantiles that the number of gaps supports.

    The interval is that of order statistics: how many gaps lie below the true quantile is binomial,
    here in its normal approximation.
    """
    quantiles = {}
    ordered = np.sort(gaps)
    for name, (share, needed) in QUANTILES.items():
        count = len(ordered)
        if count < needed:
            continue
        half = 1.96 * math.sqrt(count * share * (1 - share))
        ranks = (count * share - half, count * share + half + 1)
        low, high = (ordered[min(max(round(rank) - 1, 0), count - 1)] for rank in ranks)
        value = float(np.quantile(ordered, share))
        quantiles[name] = Quantile(*(max(float(figure), 1.0) for figure in (value, low, high)))
    return quantiles


def _gap_quantiles(fields: Fields, gaps: Times) -> dict[str, Quantile]:
    if len(gaps) or "gap_quantiles" not in fields.values:
        return gap_quantiles(gaps)
    kept = fields.object("gap_quantiles")
    return {name: _quantile(kept, name) for name in QUANTILES if name in kept.values}


def _quantile(fields: Fields, name: str) -> Quantile:
    values = fields.numbers(name)
    if len(values) != _QUANTILE_VALUES or not 0 < values[1] <= values[0] <= values[2]:
        raise fields.wrong(name, "a quantile and the ends of its interval")
    return Quantile(*values)


def _gap(sample: Fields, gaps: Times, tokens: int) -> float:
    if "proposed" in sample.values:
        return max(sample.whole("decode", least=1) / max(tokens - 1, 1), 1.0)
    # Requests of a continuous batch may get tokens at once; the logarithm needs more than zero.
    if len(gaps):
        return max(float(np.median(gaps)), 1.0)
    return max(float(sample.whole("inter_token_median", least=0)), 1.0)


def _complete(samples: list[Fields], name: str) -> Times:
    values = [sample.optional_whole(name, least=1) for sample in samples]
    return np.empty(0) if None in values else np.array(values, float)


def _memory(fields: Fields) -> dict[str, dict[str, int]]:
    return {
        phase: {
            name: fields.object(phase).whole(name, least=0)
            for name in ("peak_allocated", "peak_reserved")
        }
        for phase in PHASES
        if phase in fields.values
    }
