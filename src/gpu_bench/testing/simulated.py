"""Made-up measurements with the noise that GPU benchmarks show: what the verdict is proven on.

The work is that of a decoder which takes a second for 128 tokens. Noise is a factor on times; each
shape says what it stands for. Magnitudes: 0.3 to 2 % within a process, 0.2 to 1 % between
processes, clocks that switch by one to four steps of 15 MHz at 1980 MHz, one or two samples in a
hundred that take two to five times as long.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy import signal, stats

from gpu_bench.judge.intervals import CONFIDENCE
from gpu_bench.results.measurement import Measurement
from gpu_bench.results.reader import MeasuredProcess, Output, Result

FIRST_TOKEN = 40e6
GAP = 7.5e6
TOKENS = 128
CLOCK = 1980.0
MOST_SAMPLES = 200
TARGET_INTERVAL = 0.01

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Noise:
    """Of one process, an element per sample: logarithms of factors on times, and clocks in MHz.

    ``common`` is on all times, ``first`` and ``decode`` on those of one phase.
    """

    common: Values
    first: Values
    decode: Values
    clock: Values


@dataclass(frozen=True)
class Shape:
    """A kind of noise. ``session`` draws what all processes of a side share, and gives the rest.

    ``in_range`` tells whether the defaults are made for it; else it is there to show that what is
    too much ends in inconclusive, not in a wrong answer.
    """

    name: str
    description: str
    session: Callable[[Generator], Callable[[Generator], Noise]]
    in_range: bool = True


def _shape(
    name: str,
    description: str,
    common: Callable[[Generator], Values] = lambda rng: np.zeros(MOST_SAMPLES),
    *,
    white: float = 0.003,
    offset: float = 0.002,
    session: float = 0.0,
    outliers: float = 0.0,
    clock: Callable[[Generator], Values] = lambda rng: np.full(MOST_SAMPLES, CLOCK),
    in_range: bool = True,
) -> Shape:
    """A shape: ``white`` within a process, ``offset`` between processes, ``session`` of a side.

    Even the plainest has processes that differ by 0.2 %, since on a device all do. The first phase
    is shorter, so it has more noise of its own.
    """

    def draw_session(rng: Generator) -> Callable[[Generator], Noise]:
        shared = rng.normal(0, session)

        def draw_process(rng: Generator) -> Noise:
            clocks = clock(rng)
            own = common(rng) + rng.normal(0, white, MOST_SAMPLES)
            return Noise(
                common=shared + rng.normal(0, offset) + own + np.log(CLOCK / clocks),
                first=rng.normal(0, 0.002)
                + rng.normal(0, 0.005, MOST_SAMPLES)
                + _outliers(rng, outliers),
                decode=_outliers(rng, outliers),
                clock=clocks,
            )

        return draw_process

    return Shape(name, description, draw_session, in_range)


def _outliers(rng: Generator, share: float) -> Values:
    hit = rng.random(MOST_SAMPLES) < share
    return np.log(np.where(hit, rng.uniform(2, 5, MOST_SAMPLES), 1.0))


def _warming(rng: Generator) -> Values:
    samples = np.arange(MOST_SAMPLES)
    return rng.uniform(0.005, 0.02) * (1 - np.exp(-samples / rng.uniform(5, 40)))


def _autocorrelated(rng: Generator) -> Values:
    alike, spread = 0.8, 0.01
    steps = rng.normal(0, spread * np.sqrt(1 - alike**2), MOST_SAMPLES)
    start = rng.normal(0, spread)
    values: Values = signal.lfilter([1], [1, -alike], steps, zi=[alike * start])[0]
    return values


def _switching(steps: float, stay: float) -> Callable[[Generator], Values]:
    """A clock that is at its highest or ``steps`` of 15 MHz below, and stays so with ``stay``."""

    def clock(rng: Generator) -> Values:
        switches = np.cumsum(rng.random(MOST_SAMPLES) > stay) + (rng.random() < 0.5)
        return CLOCK - 15.0 * steps * (switches % 2)

    return clock


def _chosen(steps: float) -> Callable[[Generator], Values]:
    """A clock that each process finds in one of two states."""
    return lambda rng: np.full(MOST_SAMPLES, CLOCK - 15.0 * steps * (rng.random() < 0.5))


SHAPES = (
    _shape("quiet", "white noise of 0.3 %"),
    _shape("white 1 %", "white noise of 1 %", white=0.01),
    _shape("white 2 %", "white noise of 2 %", white=0.02),
    _shape("drift", "each process warms up by 0.5 to 2 %, over 5 to 40 samples", _warming),
    _shape("autocorrelated", "AR(1) of 1 %, 0.8 from sample to sample", _autocorrelated),
    _shape("outliers", "2 % of samples take 2 to 5 times as long", outliers=0.02),
    _shape(
        "clock by sample",
        "the clock switches by 60 MHz (3 %) from sample to sample",
        clock=_switching(4, 0.5),
    ),
    _shape(
        "clock by spell",
        "the clock switches by 30 MHz (1.5 %) and stays for 5 samples",
        clock=_switching(2, 0.8),
    ),
    _shape(
        "clock by process",
        "each process finds one of two clocks, 15 MHz (0.8 %) apart",
        clock=_chosen(1),
    ),
    _shape("processes 0.5 %", "processes differ by 0.5 %", white=0.005, offset=0.005),
    _shape(
        "sessions",
        "processes differ by 0.3 %, and the two sides by 0.3 % that no process shows",
        offset=0.003,
        session=0.003,
    ),
    _shape(
        "all together",
        "AR(1) of 1 %, 1 % outliers, processes 0.3 %, clock by spell of 15 MHz",
        _autocorrelated,
        offset=0.003,
        outliers=0.01,
        clock=_switching(1, 0.8),
    ),
    _shape("processes 1 %", "processes differ by 1 %", offset=0.01, in_range=False),
    _shape("processes 2 %", "processes differ by 2 %", offset=0.02, in_range=False),
    _shape(
        "long spells",
        "the clock switches by 60 MHz (3 %) and stays for 10 samples",
        clock=_switching(4, 0.9),
        in_range=False,
    ),
    _shape(
        "clock lowered",
        "each process finds one of two clocks, 90 MHz (4.5 %) apart",
        clock=_chosen(6),
        in_range=False,
    ),
)


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


def side(shape: Shape, rng: Generator, *, delay: float = 0.0) -> SimulatedSide:
    """A side that is measured under noise of a shape, slower by the share ``delay``."""
    return SimulatedSide(shape.session(rng), rng, delay)
