"""How often the verdict is right on simulated measurements, judged as the build rules judge."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gpu_bench.judge import limits, outcomes, verdict
from gpu_bench.request.fields import SCHEMA, ModelSource, Request
from gpu_bench.results.measurement import Measurement
from gpu_bench.results.metrics import METRICS
from gpu_bench.testing import noise_model, simulated
from gpu_bench.testing.noise_model import NoiseModel


@dataclass(frozen=True)
class Effort:
    """What a benchmark measures in a round: processes, and samples of each at least."""

    processes: int
    samples: int


@dataclass(frozen=True)
class Outcome:
    """Verdicts of trials, and how many took a further round.

    ``covered`` counts the intervals of the end-to-end time that held the true ratio.
    """

    trials: int
    verdicts: Mapping[str, int]
    further: int
    covered: int

    def share(self, name: str) -> float:
        """The share of trials that ended in a verdict."""
        return self.verdicts.get(name, 0) / self.trials


def default_effort() -> Effort:
    """What a request asks for by default."""
    defaults = Request(schema=SCHEMA, address="default", model=ModelSource())
    return Effort(defaults.processes, defaults.min_samples)


def run_trials(
    model: NoiseModel,
    delay: float,
    trials: int,
    effort: Effort,
    *,
    limit: str | None = None,
    in_turn: bool = False,
) -> Outcome:
    """Measures a base and a new side that is slower by ``delay``, and judges, ``trials`` times.

    An inconclusive verdict is followed by one further round of the new side with twice the samples,
    pooled with the first. With ``in_turn`` both sides are measured in one session, and not again.
    """
    # A seed of its own for each question, so that one model's figures do not depend on another's.
    rng = np.random.default_rng([zlib.crc32(model.name.encode()), round(delay * 1e6)])
    tolerances = limits.tolerances([limit] if limit else [])
    tolerances = {metric.name: tolerances[metric.name] for metric in METRICS if metric.decides}
    verdicts: Counter[str] = Counter()
    further = covered = 0
    for _ in range(trials):
        shared = noise_model.session_offset(model, rng) if in_turn else None
        base = simulated.side(model, rng, shared=shared).measure(effort.processes, effort.samples)
        side = simulated.side(model, rng, delay=delay, is_new=True, shared=shared)
        new = side.measure(effort.processes, effort.samples)
        judged = verdict.decide(base, new, tolerances)
        if judged.verdict == outcomes.INCONCLUSIVE and judged.another_round and not in_turn:
            further += 1
            again = side.measure(effort.processes, 2 * effort.samples, round_number=1)
            judged = verdict.decide(base, Measurement(new.results + again.results), tolerances)
        verdicts[judged.verdict] += 1
        ratio = next(
            metric_verdict.ratio
            for metric_verdict in judged.metrics
            if metric_verdict.metric.name == "end_to_end"
        )
        covered += ratio.low <= 1 + delay <= ratio.high
    return Outcome(trials, dict(verdicts), further, covered)
