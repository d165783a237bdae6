"""How requests fared under load: continuous batching by the number in progress, and goodput."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from gpu_bench.report.runs import Benchmark, Run
from rules_transformers_contract.goodput_limits import limit
from toolkit.errors import InputError

_OPTION = "--goodput-limit"


@dataclass(frozen=True)
class Limits:
    """What a request may take to be served well, in ns; infinite without a limit.

    ``per_token`` limits the mean time of a request's tokens after the first.
    """

    time_to_first_token: float = float("inf")
    per_token: float = float("inf")

    def __str__(self) -> str:
        """The limits that are set, for people."""
        of_each = (
            ("to the first token", self.time_to_first_token),
            ("for each further token", self.per_token),
        )
        set_ones = [
            f"{limit / 1e6:g} ms {what}" for what, limit in of_each if limit != float("inf")
        ]
        return " and ".join(set_ones)


@dataclass(frozen=True)
class Load:
    """Requests of a run under load; ``in_progress`` at once, at most. Times in ns.

    Each pair is the median and the 95th percentile over requests. ``goodput`` is the requests in a
    second that kept the limits; None without limits.
    """

    benchmark: Benchmark
    in_progress: int
    requests_per_second: float
    time_to_first_token: tuple[float, float]
    per_token: tuple[float, float]
    goodput: float | None


def read_limits(texts: Iterable[str]) -> Limits:
    """Limits from `time_to_first_token=200ms` and `per_token=20ms`. Raises InputError."""
    limits: dict[str, float] = {}
    for text in texts:
        named = limit(text)
        if named is None:
            raise InputError(
                f"{text!r} is not a limit of a request",
                place=f"{_OPTION}={text}",
                hint=f"write it as in {_OPTION}=time_to_first_token=200ms or "
                f"{_OPTION}=per_token=20ms",
            )
        limits[named[0]] = named[1]
    return Limits(**limits)


def under_load(benchmarks: Iterable[Benchmark], limits: Limits) -> tuple[Load, ...]:
    """The latest runs with continuous batching: those of one request by rising concurrency."""
    loads = [load for benchmark in benchmarks if (load := _load(benchmark, limits)) is not None]
    return tuple(sorted(loads, key=lambda load: (_without(load), load.in_progress)))


def _without(load: Load) -> str:
    """The request but for how many requests there are, so that a sweep is together."""
    request = load.benchmark.latest.first.request
    swept = ("address", "batch_size", "concurrency")
    return repr(sorted((name, value) for name, value in request.items() if name not in swept))


def _load(benchmark: Benchmark, limits: Limits) -> Load | None:
    run: Run = benchmark.latest
    processes = [process for process in run.measurement.processes if len(process.served)]
    if not processes:
        return None
    served = np.concatenate([process.served for process in processes])
    seconds = sum(float(process.end_to_end.sum()) for process in processes) / 1e9
    kept = (served[:, 0] <= limits.time_to_first_token) & (served[:, 1] <= limits.per_token)
    median, high = np.percentile(served, [50, 95], axis=0)
    request = run.first.request
    return Load(
        benchmark,
        request.get("concurrency") or request["batch_size"],
        len(served) / seconds,
        (float(median[0]), float(high[0])),
        (float(median[1]), float(high[1])),
        float(kept.sum()) / seconds if str(limits) else None,
    )
