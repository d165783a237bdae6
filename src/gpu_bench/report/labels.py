"""How the page and the summary call things: a symbol and a word for each state, labels, units."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gpu_bench.judge import outcomes
from gpu_bench.report.runs import NOT_JUDGED, Benchmark


@dataclass(frozen=True)
class State:
    """A verdict or what stands for it; ``tone`` is good, bad, even or unsure."""

    symbol: str
    word: str
    tone: str

    def __str__(self) -> str:
        """The symbol and the word, so that states differ in more than colour."""
        return f"{self.symbol} {self.word}"


# The worst first: so they are sorted and counted.
STATES = {
    outcomes.WRONG_OUTPUT: State("✗", "wrong output", "bad"),
    outcomes.SLOWER: State("▼", "slower", "bad"),
    "failed": State("!", "failed", "bad"),
    "partial": State("!", "ended early", "unsure"),
    outcomes.INCONCLUSIVE: State("?", "inconclusive", "unsure"),
    outcomes.NO_BASELINE: State("–", "no baseline", "unsure"),
    NOT_JUDGED: State("·", "not judged", "even"),
    outcomes.FASTER: State("▲", "faster", "good"),
    outcomes.SAME: State("=", "same", "even"),
}
# Memory does not become faster.
_MORE_OR_LESS = {
    outcomes.SLOWER: State("▼", "more", "bad"),
    outcomes.FASTER: State("▲", "less", "good"),
}

METRICS = {
    "end_to_end": "End-to-end time",
    "time_to_first_token": "Time to first token",
    "inter_token": "Inter-token latency",
    "inter_token_p95": "Inter-token latency, 95th percentile",
    "inter_token_p99": "Inter-token latency, 99th percentile",
    "tokens_per_second": "Throughput",
    "energy_per_token": "Energy per token",
    "energy_per_request": "Energy per request",
    "prefill": "Prefill",
    "decode": "Decode",
    "device_time": "Time on the device",
    "first_run": "First run, compilation included",
    "load": "Load",
    "peak_allocated": "Peak memory, allocated",
    "peak_reserved": "Peak memory, reserved",
    "load_peak_allocated": "Peak memory of loading",
    "first_run_peak_allocated": "Peak memory of the first run",
    "prefill_peak_allocated": "Peak memory of prefill",
    "decode_peak_allocated": "Peak memory of decode",
}

PHASES = {"load": "Load", "first_run": "First run", "prefill": "Prefill", "decode": "Decode"}

STOPS = {
    "target_interval": "the interval was narrow enough",
    "max_samples": "the most samples allowed",
    "timeout": "the time limit",
    "problem": "a problem",
}

PROBLEMS = {
    "no_accelerator": "No accelerator",
    "missing_package": "A package is missing",
    "device_lost": "The device was lost",
    "out_of_memory": "Out of memory",
    "compile_failed": "Compilation failed",
    "not_finite": "The model yields NaN or infinity",
    "failed": "The model failed",
    "timeout": "Out of time",
}


def by_state(benchmarks: Iterable[Benchmark]) -> list[Benchmark]:
    """The worst first, because they are what somebody must look at; equal ones by address."""
    order = list(STATES)
    return sorted(
        benchmarks, key=lambda benchmark: (order.index(benchmark.latest.state), benchmark.address)
    )


# Characters of a target's name, at least, where it is shortened.
_LEAST_TARGET = 6


def shortened(addresses: Sequence[str], longest: int) -> list[str]:
    """Addresses of ``longest`` characters at most, so that what differs between them is kept.

    From a long one, parameters go that all have, then characters from the middle of the target's
    name, and where that is not enough, from the middle of all.
    """
    split = [address.partition("@") for address in addresses]
    parameters = [values.split(",") if values else [] for _, _, values in split]
    common = set(parameters[0]).intersection(*parameters) if len(addresses) > 1 else set()
    names = []
    for address, (target, _, _), own in zip(addresses, split, parameters, strict=True):
        if len(address) <= longest:
            names.append(address)
            continue
        differing = ",".join(value for value in own if value not in common)
        end = f"@{differing}" if differing else ""
        room = longest - len(end)
        names.append(
            _without_middle(target, room) + end
            if room >= _LEAST_TARGET
            else _without_middle(target + end, longest)
        )
    # What can no longer be kept apart is given in full.
    return names if len(set(names)) == len(set(addresses)) else list(addresses)


def _without_middle(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    end = 2 * longest // 3
    return f"{text[: longest - end - 1]}…{text[-end:]}"


def of_metric(name: str, unit: str) -> State:
    """The state for the verdict on a metric of a unit."""
    if unit == "bytes" and name in _MORE_OR_LESS:
        return _MORE_OR_LESS[name]
    return STATES[name]


def metric(name: str) -> str:
    """The label of a metric."""
    return METRICS.get(name, name.replace("_", " "))


def in_words(text: str) -> str:
    """A reason or a note with metrics as the page calls them, and with minus signs."""
    name, separator, rest = text.partition(": ")
    if separator and name in METRICS:
        text = f"{METRICS[name]}: {rest}"
    return with_minus(text)


def with_minus(text: str) -> str:
    """Negative numbers with a minus sign in place of a hyphen."""
    return re.sub(r"(?<![\w.])-(?=\d)", "\u2212", text)
