"""What of a card's state makes measurements noisier than they need be, and who could change it.

Nothing is changed here: that takes an administrator, and concerns others who use the card.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gpu_bench.device.telemetry import Reading
from rules_transformers_contract.cuda_device import Card

# A clock that varies by less does not show in times.
_STEADY_CLOCK = 0.01
_HEADROOM = 5


@dataclass(frozen=True)
class Settings:
    """What was set on a card; None if its driver does not know.

    ``slowdown`` is the temperature in degrees Celsius from which the card lowers its clocks.
    ``uncorrectable`` counts errors of its memory since the driver was loaded.
    """

    is_persistent: bool | None = None
    slowdown: int | None = None
    uncorrectable: int | None = None


@dataclass(frozen=True)
class Commands:
    """What an administrator of a card would type, and how its maker calls the cores' clock.

    ``hold_clock`` has a place for the clock in MHz. ``persistence`` is None where the driver has no
    such mode.
    """

    clock: str
    hold_clock: str
    free_clock: str
    persistence: str | None
    processes: str
    memory_errors: str


def advice(
    card: Card,
    settings: Settings,
    commands: Commands,
    readings: Sequence[Reading],
    foreign_processes: int,
) -> Iterator[str]:
    """Messages, each with the command that an administrator would use."""
    clocks = [reading.sm_clock for reading in readings if reading.sm_clock]
    if clocks and max(clocks) > (1 + _STEADY_CLOCK) * min(clocks):
        yield _message(
            card,
            f"the {commands.clock} varied from {min(clocks)} to {max(clocks)} MHz while samples "
            "were taken",
            f"`{commands.hold_clock.format(min(clocks))}` holds it, and "
            f"`{commands.free_clock}` undoes that",
        )
    if settings.is_persistent is False and commands.persistence is not None:
        yield _message(
            card,
            "persistence mode is off, so the driver starts again with each process",
            f"`{commands.persistence}` turns it on",
        )
    if foreign_processes:
        yield _message(
            card,
            f"{foreign_processes} other process{'es' * (foreign_processes > 1)} used the card",
            f"`{commands.processes}` lists them",
        )
    if settings.uncorrectable:
        yield _message(
            card,
            f"its memory had {settings.uncorrectable} uncorrectable error"
            f"{'s' * (settings.uncorrectable > 1)} since the driver was loaded",
            f"`{commands.memory_errors}` shows them; the card may need a reset, or repair",
        )
    temperatures = [reading.temperature for reading in readings if reading.temperature is not None]
    if settings.slowdown is not None and temperatures:
        hottest = max(temperatures)
        if hottest > settings.slowdown - _HEADROOM:
            yield _message(
                card,
                f"it reached {hottest} °C, and lowers its clocks at {settings.slowdown} °C",
                "improve its cooling, or let it cool down between benchmarks",
            )


def _message(card: Card, what: str, hint: str) -> str:
    return f"{card.name}: warning: {what}\nhint: {hint}"
