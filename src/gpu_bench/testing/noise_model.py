"""Models of the noise that GPU benchmarks show, as data: each is a sum of the parts that it names.

All magnitudes are shares of a time, as standard deviations unless a field says otherwise. Parts
that a model leaves out are absent, but for a little noise of samples and of processes that every
device has. ``noise_models.json`` holds the models that the verdict is proven on; a file of the same
form can be given to ``benchmarks/verdict/benchmark.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy import signal

from toolkit.input_file import read_text
from toolkit.json_record import NOT_EMPTY, Constraint, above, between, parse_record

CLOCK_MHZ = 1980.0
MOST_SAMPLES = 200

Values = NDArray[np.float64]
Share = Annotated[float, between(0, 1)]
Magnitude = Annotated[float, between(0)]


@dataclass(frozen=True)
class Autocorrelation:
    """AR(1): each sample keeps the share ``coefficient`` of the last one's deviation."""

    coefficient: Annotated[float, between(0, 0.999)]
    spread: Magnitude


@dataclass(frozen=True)
class Drift:
    """A process slows down by ``least`` to ``most``, over 5 to 40 samples."""

    least: Magnitude
    most: Magnitude


@dataclass(frozen=True)
class States:
    """The share ``share`` of processes takes longer by ``apart``."""

    apart: Magnitude
    share: Share


@dataclass(frozen=True)
class Step:
    """The share ``share`` of processes takes longer by ``size`` from some sample on."""

    size: Magnitude
    share: Share


@dataclass(frozen=True)
class Clock:
    """The SM clock, and by how many percent times fall if it rises by 1 % (``elasticity``).

    ``processes`` and ``samples`` are its standard deviations; ``new`` is what it is higher by on
    the new side, negative if it is lower. It also alternates between its highest and
    ``switch_mhz`` less, staying from sample to sample with probability ``stay``, and each process
    finds it at its highest or ``choice_mhz`` less.
    """

    elasticity: float = 1.0
    processes: Magnitude = 0.0
    samples: Magnitude = 0.0
    new: Annotated[float, above(-1)] = 0.0
    switch_mhz: Magnitude = 0.0
    stay: Share = 0.5
    choice_mhz: Magnitude = 0.0


_POSITIVE = Constraint(
    lambda traces: all(trace and min(trace) > 0 for trace in traces),
    "a list of lists of positive numbers",
)


@dataclass(frozen=True)
class NoiseModel:
    """A kind of noise.

    ``samples``, ``processes`` and ``sessions`` are what samples, processes and the two sides differ
    by; ``outliers`` is the share of samples that take two to five times as long. ``traces`` are
    recorded times of processes in any unit: a simulated process takes one of them, from a random
    sample on. ``in_range`` says whether the defaults of a request are made for this noise.
    """

    name: Annotated[str, NOT_EMPTY]
    description: str = ""
    samples: Magnitude = 0.003
    processes: Magnitude = 0.002
    sessions: Magnitude = 0.0
    outliers: Share = 0.0
    autocorrelation: Autocorrelation | None = None
    drift: Drift | None = None
    states: States | None = None
    step: Step | None = None
    clock: Clock = Clock()
    traces: Annotated[tuple[tuple[float, ...], ...], _POSITIVE] = ()
    in_range: bool = False


@dataclass(frozen=True)
class _File:
    models: tuple[NoiseModel, ...]

    def __post_init__(self) -> None:
        names = [model.name for model in self.models]
        if len(set(names)) < len(names):
            raise ValueError("two models have one name")


@dataclass(frozen=True)
class Noise:
    """Of one process, an element per sample: logarithms of factors on times, and clocks in MHz.

    ``common`` is on all times, ``first`` and ``decode`` on those of one phase.
    """

    common: Values
    first: Values
    decode: Values
    clock: Values


def read_models(path: Path) -> tuple[NoiseModel, ...]:
    """The models in a file. Raises InputError, located in it."""
    return parse_record(_File, read_text(path), str(path), what="the file").models


def session(
    model: NoiseModel, rng: Generator, *, is_new: bool, shared: float | None = None
) -> Callable[[Generator], Noise]:
    """Draws what all processes of a side share, and returns what draws a process.

    ``shared`` is given if both sides are measured in one session.
    """
    offset = session_offset(model, rng) if shared is None else shared
    clock_offset = float(np.log1p(model.clock.new)) if is_new else 0.0

    def draw(rng: Generator) -> Noise:
        return _process(model, rng, offset, clock_offset)

    return draw


def session_offset(model: NoiseModel, rng: Generator) -> float:
    """What all processes of a session share, as a logarithm."""
    return float(rng.normal(0, model.sessions))


def _process(model: NoiseModel, rng: Generator, shared: float, clock_offset: float) -> Noise:
    clock = _log_clock(model.clock, rng) + clock_offset
    common = shared + rng.normal(0, model.processes) + rng.normal(0, model.samples, MOST_SAMPLES)
    for part in (_autocorrelated, _drifting, _stepping, _recorded):
        common = common + part(model, rng)
    if model.states is not None:
        common = common + np.log1p(model.states.apart) * (rng.random() < model.states.share)
    return Noise(
        common=common - model.clock.elasticity * clock,
        # The first phase is shorter, so it has more noise of its own.
        first=rng.normal(0, 0.002)
        + rng.normal(0, 0.005, MOST_SAMPLES)
        + _outliers(rng, model.outliers),
        decode=_outliers(rng, model.outliers),
        clock=CLOCK_MHZ * np.exp(clock),
    )


def _log_clock(clock: Clock, rng: Generator) -> Values:
    switches = np.cumsum(rng.random(MOST_SAMPLES) > clock.stay) + (rng.random() < 0.5)
    lowered = clock.switch_mhz * (switches % 2) + clock.choice_mhz * (rng.random() < 0.5)
    values: Values = (
        np.log1p(-lowered / CLOCK_MHZ)
        + rng.normal(0, clock.processes)
        + rng.normal(0, clock.samples, MOST_SAMPLES)
    )
    return values


def _autocorrelated(model: NoiseModel, rng: Generator) -> Values | float:
    if model.autocorrelation is None:
        return 0.0
    alike, spread = model.autocorrelation.coefficient, model.autocorrelation.spread
    steps = rng.normal(0, spread * np.sqrt(1 - alike**2), MOST_SAMPLES)
    values: Values = signal.lfilter([1], [1, -alike], steps, zi=[alike * rng.normal(0, spread)])[0]
    return values


def _drifting(model: NoiseModel, rng: Generator) -> Values | float:
    if model.drift is None:
        return 0.0
    samples = np.arange(MOST_SAMPLES)
    size = rng.uniform(model.drift.least, model.drift.most)
    values: Values = size * (1 - np.exp(-samples / rng.uniform(5, 40)))
    return values


def _stepping(model: NoiseModel, rng: Generator) -> Values | float:
    if model.step is None or rng.random() >= model.step.share:
        return 0.0
    # Anywhere in what a process measures at least.
    values: Values = np.log1p(model.step.size) * (np.arange(MOST_SAMPLES) >= rng.integers(1, 10))
    return values


def _recorded(model: NoiseModel, rng: Generator) -> Values | float:
    if not model.traces:
        return 0.0
    logs = [np.log(np.array(trace)) for trace in model.traces]
    chosen = logs[rng.integers(len(logs))]
    values: Values = np.take(
        chosen, np.arange(MOST_SAMPLES) + rng.integers(len(chosen)), mode="wrap"
    )
    return values - float(np.mean(np.concatenate(logs)))


def _outliers(rng: Generator, share: float) -> Values:
    hit = rng.random(MOST_SAMPLES) < share
    values: Values = np.log(np.where(hit, rng.uniform(2, 5, MOST_SAMPLES), 1.0))
    return values
