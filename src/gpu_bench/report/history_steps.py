"""The steps in a benchmark's history: which figure changed its level, by how much, between what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gpu_bench.judge.change_points import steps
from gpu_bench.judge.metric_verdict import Ratio, percent, ratio_of
from gpu_bench.report.aggregates import figure
from gpu_bench.report.labels import METRICS, with_minus
from gpu_bench.report.runs import Benchmark, Run, same_work

# What a history shows of each run; more of any is worse.
HISTORY = ("end_to_end", "time_to_first_token", "inter_token", "peak_allocated")
# A smaller step may be certain, and is still of no interest.
_LEAST_CHANGE = 0.005


@dataclass(frozen=True)
class HistoryStep:
    """A change of level between two runs, which follow each other."""

    metric: str
    before: Run
    after: Run
    ratio: Ratio

    @property
    def is_worse(self) -> bool:
        """Whether more time or memory is used after it."""
        return self.ratio.value > 1

    def __str__(self) -> str:
        """The step as a reader of the report is shown it."""
        change = with_minus(percent(self.ratio))
        return (
            f"{METRICS[self.metric]}: {change} between {self.before.label} and {self.after.label}"
        )


def history_steps(benchmark: Benchmark) -> tuple[HistoryStep, ...]:
    """The steps of all figures of a history, oldest first, by figure.

    Runs of another configuration begin a history of their own.
    """
    return tuple(
        step
        for name in HISTORY
        for part in of_one_configuration(benchmark.runs)
        for step in _steps(part, name)
    )


def of_one_configuration(runs: Sequence[Run]) -> Iterator[list[Run]]:
    """The runs that have samples, in parts that measured the same."""
    part: list[Run] = []
    for run in runs:
        if not run.measurement.results:
            continue
        if part and not same_work(part[-1], run):
            yield part
            part = []
        part.append(run)
    if part:
        yield part


def _steps(runs: Sequence[Run], name: str) -> Iterator[HistoryStep]:
    known = [(run, measured.value) for run in runs if (measured := figure(run, name)) is not None]
    for step in steps([value for _, value in known]):
        ratio = ratio_of(step.difference)
        if abs(ratio.value - 1) >= _LEAST_CHANGE:
            before, after = known[step.place - 1][0], known[step.place][0]
            yield HistoryStep(name, before, after, ratio)
