from __future__ import annotations

from dataclasses import replace

import pytest

from gpu_bench.device import nvidia
from gpu_bench.device.advice import Settings, advice
from gpu_bench.device.nvidia import commands, settings_of
from gpu_bench.device.nvidia_cards import nvml_cards
from gpu_bench.device.telemetry import Reading
from gpu_bench.testing.machines import MACHINE, MACHINES, Machine

(CARD,) = nvml_cards(MACHINE["one H200"].nvml())
COMMANDS = commands(CARD)
IDEAL = Settings(is_persistent=True, slowdown=92)
STEADY = [Reading(number, 1755, 3201, 400.0, 60) for number in range(5)]


def test_an_ideal_machine_needs_no_advice() -> None:
    assert list(advice(CARD, IDEAL, COMMANDS, STEADY, 0)) == []
    # Nor is there any where nothing is known.
    assert list(advice(CARD, Settings(), COMMANDS, [Reading(0, None, None, None, None)], 0)) == []


@pytest.mark.parametrize(
    ("settings", "readings", "foreign", "message", "command"),
    [
        (
            IDEAL,
            [*STEADY, Reading(9, 1980, 3201, 400.0, 60)],
            0,
            "the SM clock varied from 1755 to 1980 MHz",
            f"`sudo nvidia-smi --id={CARD.uuid} --lock-gpu-clocks=1755`",
        ),
        (replace(IDEAL, is_persistent=False), STEADY, 0, "persistence", "--persistence-mode=1"),
        (IDEAL, STEADY, 2, "2 other processes used the card", "--query-compute-apps"),
        (replace(IDEAL, uncorrectable=3), STEADY, 0, "had 3 uncorrectable errors", "=ECC,ROW"),
        (replace(IDEAL, slowdown=64), STEADY, 0, "reached 60 °C, and lowers", "cooling"),
    ],
)
def test_what_is_not_ideal_is_named_with_a_command(
    settings: Settings, readings: list[Reading], foreign: int, message: str, command: str
) -> None:
    (text,) = advice(CARD, settings, COMMANDS, readings, foreign)
    first, hint = text.split("\n")
    assert first.startswith("NVIDIA H200: warning: ")
    assert message in first
    assert hint.startswith("hint: ")
    assert command in hint


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_settings_are_read_on_every_machine(
    monkeypatch: pytest.MonkeyPatch, machine: Machine
) -> None:
    monkeypatch.setattr(nvidia, "load_nvml", machine.nvml)
    for card in nvml_cards(machine.nvml()):
        settings = settings_of(card)
        known = not any(fake.unknown for fake in machine.cards)
        assert (settings.slowdown == 92) == known
        assert (settings.is_persistent is True) == known
        assert (settings.uncorrectable is not None) == known
        assert bool(settings.uncorrectable) == (machine.name == "one H200 with memory errors")
