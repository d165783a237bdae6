"""Made-up measurements: what the verdict is proven on.

The work is that of a decoder which takes a second for 128 tokens; noise is a factor on its times.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy import stats

from gpu_bench.judge.intervals import CONFIDENCE
from gpu_bench.results.measurement import Measurement
from gpu_bench.results.reader import MeasuredProcess, Output, Result
from gpu_bench.testing import noise_model
from gpu_bench.testing.noise_model import MOST_SAMPLES, Noise, NoiseModel

FIRST_TOKEN = 40e6
GAP = 7.5e6
TOKENS = 128
TARGET_INTERVAL = 0.01
MODELS = noise_model.read_models(Path(__file__).with_name("noise_models.json"))

Values = NDArray[np.float64]


def process(
    rng: Generator, noise: Noise, *, index: int, least: int, delay: float
) -> MeasuredProcess:
    """A process of at least ``least`` samples whose times are all longer by the share ``delay``."""
    slower = noise.common + np.log1p(delay)
    first = np.rint(FIRST_TOKEN * np.exp(slower + noise.first))
    gap = np.rint(GAP * np.exp(slower + noise.decode))
    decode = gap * (TOKENS - 1)
    number = _samples(first + decode, least)
    first, gap, decode = first[:number], gap[:number], decode[:number]
    return MeasuredProcess(
        index=index,
        tokens=TOKENS,
        load=int(rng.normal(4e9, 2e8)),
        first_run=int(rng.normal(9e9, 2e8)),
        settled=True,
        end_to_end=first + decode,
        time_to_first_token=first,
        prefill=first,
        decode=decode,
        inter_token=gap,
        gaps=np.empty(0),
        device_time=first + decode,
        sm_clock=np.rint(noise.clock[:number]),
        memory={
            phase: {"peak_allocated": 17_000_000_000, "peak_reserved": 18_000_000_000}
            for phase in ("load", "first_run", "prefill", "decode")
        },
        watched=True,
        throttled=(),
        foreign_processes=0,
    )


_RANKS = {
    number: max(int(stats.binom.ppf((1 - CONFIDENCE) / 2, number, 0.5)), 1)
    for number in range(1, MOST_SAMPLES + 1)
}


def _samples(times: Values, least: int) -> int:
    """How many samples measuring takes: until the median's interval is narrow enough."""
    number = least
    while number < MOST_SAMPLES:
        ordered, rank = np.sort(times[:number]), _RANKS[number]
        if ordered[-rank] - ordered[rank - 1] <= TARGET_INTERVAL * ordered[number // 2]:
            break
        number = min(number + max(number // 4, 1), MOST_SAMPLES)
    return number


def result(processes: tuple[MeasuredProcess, ...], *, round_number: int = 0) -> Result:
    """A complete result of the processes."""
    return Result(
        place="simulated",
        address="models/simulated:bench",
        request={
            "schema": 1,
            "address": "models/simulated:bench",
            "model": {"model_type": "llama"},
            "device": "cuda",
            "batch_size": 1,
            "sequence_length": 1024,
            "num_tokens": TOKENS,
            "dtype": "bfloat16",
            "seed": 0,
            "round": round_number,
        },
        status="complete",
        problem=None,
        fingerprint={
            "digest": "5" * 64,
            "accelerator": {"name": "Simulated", "memory": 80 * 2**30},
            "torch": "2.13.0",
            "device_hash": None,
        },
        environment={"python": "3.11", "transformers": "5.23.0", "platform": "simulated"},
        measured_at="2026-01-01T00:00:00Z",
        output=Output("0" * 64, (tuple(range(TOKENS)),), ((1.0,) * TOKENS,), (9.0, 8.0), True),
        processes=processes,
        document={},
    )


@dataclass(frozen=True)
class SimulatedSide:
    """One side of a comparison: its session, from which rounds are measured."""

    draw: Callable[[Generator], Noise]
    rng: Generator
    delay: float = 0.0

    def measure(self, processes: int, least: int, *, round_number: int = 0) -> Measurement:
        """A round."""
        return Measurement(
            (
                result(
                    tuple(
                        process(
                            self.rng,
                            self.draw(self.rng),
                            index=index,
                            least=least,
                            delay=self.delay,
                        )
                        for index in range(processes)
                    ),
                    round_number=round_number,
                ),
            )
        )


def side(
    model: NoiseModel,
    rng: Generator,
    *,
    delay: float = 0.0,
    is_new: bool = False,
    shared: float | None = None,
) -> SimulatedSide:
    """A side that is measured under a model's noise, slower by the share ``delay``.

    ``shared`` is given if both sides are measured in one session.
    """
    draw = noise_model.session(model, rng, is_new=is_new, shared=shared)
    return SimulatedSide(draw, rng, delay)
