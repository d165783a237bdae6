"""Whether two measurements generated the same: a time is worth nothing if the answer is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from gpu_bench.results.measurement import Measurement
from gpu_bench.results.reader import Output
from toolkit.errors import InputError

_Number = TypeVar("_Number", int, float)

EQUAL = "equal"
NEAR_TIE = "near_tie"
DIFFERENT = "different"
UNDECIDED = "undecided"

# How far a logit may be off, as a share of the largest: four units in the last place for the two
# short types. float32 has its room because reductions of thousands of terms are reordered.
LOGIT_TOLERANCE = {"bfloat16": 2.0**-6, "float16": 2.0**-9, "float32": 1e-5}


@dataclass(frozen=True)
class Divergence:
    """The first token that differs: prompt and position count from 0.

    ``margin`` is the larger distance, of the two sides, between the best and the second best logit
    there; None if it was not recorded.
    """

    prompt: int
    position: int
    base_token: int
    new_token: int
    margin: float | None


@dataclass(frozen=True)
class OutputsComparison:
    """``verdict`` is equal, near_tie, different or undecided; ``reason`` is empty for equal."""

    verdict: str
    reason: str = ""
    divergence: Divergence | None = None


def compare_outputs(base: Measurement, new: Measurement) -> OutputsComparison:
    """Compares what two measurements of equal work generated.

    Raises InputError if the numbers of tokens differ.
    """
    if base.output is None or new.output is None:
        side = "base" if base.output is None else "new"
        return OutputsComparison(UNDECIDED, f"{side} has no record of what it generated")
    _require_equal_lengths(base.output, new.output, new.place)
    comparison = _compare(base.output, new.output, new.first.request["dtype"])
    if comparison.verdict == EQUAL and base.stable and not new.stable:
        return OutputsComparison(
            UNDECIDED, "new generates other tokens from run to run, which base does not"
        )
    if comparison.verdict == DIFFERENT and not base.stable:
        return OutputsComparison(
            UNDECIDED,
            f"{comparison.reason}; but base itself generates other tokens from run to run",
            comparison.divergence,
        )
    return comparison


def _compare(base: Output, new: Output, dtype: str) -> OutputsComparison:
    # What follows a divergence differs anyhow, so each prompt has one to be excused.
    divergences = sorted(_divergences(base, new), key=lambda divergence: divergence.position)
    for divergence in divergences:
        objection = _objection(base, new, divergence, dtype)
        if objection:
            return OutputsComparison(DIFFERENT, f"{_where(divergence)}; {objection}", divergence)
    if not divergences:
        return OutputsComparison(EQUAL)
    first = divergences[0]
    return OutputsComparison(
        NEAR_TIE,
        f"{_where(first)}, a near tie in {dtype}: the best logits were {first.margin:.3g} apart; "
        "what follows is not compared",
        first,
    )


def _require_equal_lengths(base: Output, new: Output, place: str) -> None:
    lengths = [{len(row) for row in output.tokens} for output in (base, new)]
    if len(lengths[0] | lengths[1]) > 1:
        raise InputError(
            f"the numbers of generated tokens differ: {sorted(lengths[0])} in base, "
            f"{sorted(lengths[1])} in new",
            place=place,
            hint="equal requests generate equally many tokens: measure both sides again",
        )


def _where(divergence: Divergence) -> str:
    place = f"prompt {divergence.prompt}, token {divergence.position}"
    return f"{place}: {divergence.base_token} became {divergence.new_token}"


def _objection(base: Output, new: Output, divergence: Divergence, dtype: str) -> str:
    """Why the divergence is not a near tie, or nothing."""
    if divergence.margin is None or not base.top_logits or not new.top_logits:
        return "no logits were recorded that could excuse it"
    if dtype not in LOGIT_TOLERANCE:
        return f"no tolerance is known for {dtype}"
    largest = max(abs(logit) for logit in base.top_logits + new.top_logits)
    allowed = LOGIT_TOLERANCE[dtype] * largest
    apart = max(abs(a - b) for a, b in zip(base.top_logits, new.top_logits, strict=False))
    if apart > allowed:
        return f"the logits after the first prompt differ by {apart:.3g}, more than {allowed:.3g}"
    # Either of the two best logits may be off, so their distance may be by twice as much.
    if divergence.margin > 2 * allowed:
        return f"the best logits were {divergence.margin:.3g} apart, more than {2 * allowed:.3g}"
    return ""


def _divergences(base: Output, new: Output) -> Iterator[Divergence]:
    """The first divergence of each prompt that has one."""
    for prompt in range(max(len(base.tokens), len(new.tokens))):
        ours, theirs = _row(base.tokens, prompt), _row(new.tokens, prompt)
        both = list(zip(ours, theirs, strict=True))
        position = next((n for n, (token, other) in enumerate(both) if token != other), None)
        if position is None:
            continue
        margin = None
        if base.margins and new.margins:
            margin = max(_row(output.margins, prompt)[position] for output in (base, new))
        yield Divergence(prompt, position, *both[position], margin)


def _row(rows: Sequence[Sequence[_Number]], prompt: int) -> Sequence[_Number]:
    # Equal rows may have been recorded once.
    return rows[min(prompt, len(rows) - 1)] if rows else ()
