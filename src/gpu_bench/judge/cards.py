"""How much the cards of one kind differ: measured where several ran the same code, else assumed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gpu_bench.judge import intervals
from gpu_bench.results.measurement import Measurement
from gpu_bench.results.metrics import Metric

# Standard deviation of what cards of one kind take for the same code, if none were compared.
# Makers bin chips by far more, and cards run at the clock that their silicon allows.
ASSUMED_SPREAD = 0.015
# The assumption counts for as much as this many measured cards beside the first.
_ASSUMED_CARDS = 3


@dataclass(frozen=True)
class CardSpread:
    """Standard deviation between cards, as a share; ``cards`` is how many were compared."""

    value: float
    cards: int


def card_spread(metric: Metric, cards: Sequence[Measurement]) -> CardSpread:
    """The spread of a metric between ``cards``, which ran the same code.

    With few cards the estimate is uncertain. So it is the weighted mean of the variances that were
    assumed and measured, as with a scaled inverse chi-square prior. What processes differ by is in
    it, too, which makes it larger rather than smaller.
    """
    measured = [[metric.values(process) for process in card.processes] for card in cards]
    centres = [
        float(np.mean(intervals.side(values).centres))
        for values in measured
        if any(map(len, values))
    ]
    if len(centres) <= 1:
        return CardSpread(ASSUMED_SPREAD, 0)
    freedom = len(centres) - 1
    squares = float(np.sum((np.array(centres) - np.mean(centres)) ** 2))
    variance = (_ASSUMED_CARDS * ASSUMED_SPREAD**2 + squares) / (_ASSUMED_CARDS + freedom)
    return CardSpread(math.sqrt(variance), len(centres))
