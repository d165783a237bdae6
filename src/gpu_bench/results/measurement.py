"""The rounds of one configuration on one device, and what they may be compared with."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gpu_bench.core.vendors import not_tried
from gpu_bench.results.reader import MeasuredProcess, Output, Result
from toolkit.errors import InputError

# What a request asks the device to do. Results that differ here are not answers to one question.
WORKLOAD_FIELDS = (
    "model",
    "config",
    "quantization_config",
    "device",
    "batch_size",
    "concurrency",
    "sequence_length",
    "num_tokens",
    "dtype",
    "seed",
)
# How it is done. These may be compared (is flex faster than sdpa?), and a note says so.
METHOD_FIELDS = (
    "attn_implementation",
    "sdpa_backend",
    "compile_mode",
    "kernelize",
    "continuous_batching",
    "assistant",
    "assistant_config",
    "assistant_tokens",
    "prompt_lookup_tokens",
    "cuda_graphs",
    "async_batching",
    "tensor_parallel_size",
    "cache_implementation",
)
# Without these figures nobody knows whether times are evidence.
WATCHED = {"throttled": "throttling", "foreign_processes": "other processes"}
# Characters of a value that a note quotes.
_MOST_QUOTED = 40


@dataclass(frozen=True)
class Measurement:
    """The rounds of one configuration, in the order given; ``place`` names them in messages."""

    results: tuple[Result, ...]

    @property
    def first(self) -> Result:
        """The round that stands for all where they are equal."""
        return self.results[0]

    @property
    def place(self) -> str:
        """Where the first round was read from."""
        return self.first.place

    @property
    def address(self) -> str:
        """The benchmark's address."""
        return self.first.address

    @property
    def digest(self) -> str:
        """The fingerprint's digest."""
        return self.first.digest

    @property
    def processes(self) -> tuple[MeasuredProcess, ...]:
        """The processes of all rounds that have samples."""
        return tuple(process for result in self.results for process in result.measured)

    @property
    def output(self) -> Output | None:
        """What the first round generated."""
        return self.first.output

    @property
    def stable(self) -> bool:
        """Whether every sample of every round generated the same tokens, as far as is known."""
        outputs = [result.output for result in self.results if result.output is not None]
        return len({output.tokens for output in outputs}) <= 1 and all(
            output.stable for output in outputs
        )

    @property
    def problems(self) -> tuple[str, ...]:
        """What ended rounds early."""
        return tuple(_problem(result) for result in self.results if result.status != "complete")


def pool(results: Sequence[Result]) -> Measurement:
    """Rounds of one configuration as one measurement.

    Raises InputError if there is no sample, or if the rounds differ in address, device or
    request, or are the same file twice.
    """
    first = results[0]
    for number, other in enumerate(results):
        if not other.measured:
            raise InputError(
                f"there is no sample in this result: {_problem(other)}",
                place=other.place,
                hint=(other.problem or {}).get("hint") or "measure again",
            )
        if any(other.document == earlier.document for earlier in results[:number]):
            raise InputError(
                "this result was given twice",
                place=other.place,
                hint="name each round once: samples do not become more by being repeated",
            )
        if other.address != first.address:
            raise InputError(
                f"this is a result of {other.address}, and {first.place} one of {first.address}",
                place=other.place,
                hint="name rounds of one benchmark, or compare them one by one",
            )
        require_same_device(first, other)
        require_same_work(first, other, WORKLOAD_FIELDS + METHOD_FIELDS)
    return Measurement(tuple(results))


def _problem(result: Result) -> str:
    if result.problem is None:
        return result.status
    return f"{result.problem['kind']}: {result.problem['message']}"


def require_same_device(base: Result, new: Result) -> None:
    """Raises InputError that names the fields of the fingerprints that differ."""
    if base.digest == new.digest:
        return
    prints = [result.fingerprint for result in (base, new)]
    parts = [{"torch": known["torch"], **known["accelerator"]} for known in prints]
    # Earlier results name no vendor.
    if all("vendor" in known for known in prints):
        parts = [
            {"vendor": known["vendor"], **part} for known, part in zip(prints, parts, strict=True)
        ]
    differing = _differing(*parts) or "digest"
    raise InputError(
        f"measured on another device than {base.place}: {differing}",
        place=new.place,
        hint="compare results of equal devices, drivers and torch versions: measure both sides "
        "here, or choose the baseline of this device",
    )


def require_same_work(base: Result, new: Result, fields: Sequence[str] = WORKLOAD_FIELDS) -> None:
    """Raises InputError that names the fields of the requests that differ."""
    parts = [{name: _work(result.request, name) for name in fields} for result in (base, new)]
    differing = _differing(*parts)
    if differing:
        raise InputError(
            f"measured with another request than {base.place}: {differing}",
            place=new.place,
            hint="measure both sides with one request; after an intended change write the "
            "baseline again",
        )


def is_same_code(first: Result, other: Result) -> bool:
    """Whether two results are known to be of the same code and request, by their revisions."""
    revision = first.revision
    if revision is None or revision.dirty or revision != other.revision:
        return False
    return (
        first.environment.get("transformers") == other.environment.get("transformers")
        and (first.output and first.output.digest) == (other.output and other.output.digest)
        and all(
            _work(first.request, name) == _work(other.request, name)
            for name in WORKLOAD_FIELDS + METHOD_FIELDS
        )
    )


def share_a_card(base: Measurement, new: Measurement) -> bool:
    """Whether some card measured both sides, or none is known, as on a processor."""
    cards = [
        {hash_ for result in side.results if (hash_ := result.fingerprint.get("device_hash"))}
        for side in (base, new)
    ]
    return not all(cards) or bool(cards[0] & cards[1])


def notes(base: Measurement, new: Measurement) -> list[str]:
    """What a reader of a comparison should know of its two sides."""
    remarks = []
    if base.address != new.address:
        remarks.append(f"the base is a result of {base.address}")
    parts = [
        {name: _work(side.first.request, name) for name in METHOD_FIELDS} for side in (base, new)
    ]
    if differing := _differing(*parts):
        remarks.append(f"the requests differ in {differing}")
    if differing := _differing(base.first.environment, new.first.environment):
        remarks.append(f"the environments differ in {differing}")
    if note := not_tried(new.first.fingerprint.get("vendor")):
        remarks.append(note)
    if not share_a_card(base, new):
        remarks.append("measured on different cards of one kind")
    accepted = [acceptance(side.processes) for side in (base, new)]
    if accepted[0] is not None and accepted[1] is not None and accepted[0] != accepted[1]:
        shares = " -> ".join(f"{share * 100:.1f} %" for share in accepted if share is not None)
        remarks.append(f"the share of proposed tokens that were accepted differs ({shares})")
    for name, side in (("base", base), ("new", new)):
        if blind := unwatched(side):
            remarks.append(f"{name} was not watched for {' and '.join(blind)}")
        compiled = sum(process.compiled for process in side.processes)
        if compiled:
            remarks.append(
                f"in {name}, {compiled} sample{'s' * (compiled > 1)} included compiling or the "
                "capture of a CUDA graph"
            )
        if not all(process.settled for process in side.processes):
            remarks.append(f"the warm-up of {name} ended before its times settled")
    return remarks


def unwatched(side: Measurement) -> list[str]:
    """What may have disturbed a measurement unseen; a processor has no sensors to miss."""
    if side.first.request.get("device") == "cpu":
        return []
    by_none = not all(process.watched for process in side.processes)
    missing = {figure for result in side.results for figure in result.missing}
    return [words for figure, words in WATCHED.items() if by_none or figure in missing]


def acceptance(processes: Sequence[MeasuredProcess]) -> float | None:
    """The share of proposed tokens that were accepted; None if none were proposed."""
    proposed = sum(process.proposed for process in processes)
    return sum(process.accepted for process in processes) / proposed if proposed else None


def _work(request: Mapping[str, Any], name: str) -> Any:
    value = request.get(name)
    if name in ("model", "assistant") and isinstance(value, dict):
        # An A/B run takes the same model from two directories.
        return {key: setting for key, setting in value.items() if key != "root"}
    if name == "tensor_parallel_size":
        # Not given is one device, as in results from before there could be several.
        return value or 1
    return value


def _differing(base: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{name} ({_short(base.get(name))} -> {_short(new.get(name))})"
        for name in dict.fromkeys([*base, *new])
        if base.get(name) != new.get(name)
    )


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return f"{text[:_MOST_QUOTED]}…" if len(text) > _MOST_QUOTED else text
