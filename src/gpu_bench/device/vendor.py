"""What measuring asks of a device's maker: which device, its sensors, and advice on its state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from gpu_bench.device.telemetry import Reading, Sensors
from rules_transformers_contract.cuda_device import Card


class Vendor(Protocol):
    """A maker's drivers. Whatever they do not report is None, never a made-up figure."""

    name: str

    def cards(self, variables: Mapping[str, str], count: int) -> tuple[Card, ...]:
        """The devices that a process with these variables sees as its first ``count``.

        :raises NoAccelerator: if there are not so many, or all are hidden.
        :raises InputError: if a variable names one that is not there.
        """

    def visibility(self, cards: Sequence[Card], variables: Mapping[str, str]) -> dict[str, str]:
        """Variables with which a process that has these variables sees these devices alone.

        :param cards: as `cards` gave them for these variables.
        """

    def sensors(self, card: Card) -> Sensors | None:
        """The device's sensors; None if there are none."""

    def absence(self, card: Card) -> str:
        """Why figures of this device are missing."""

    def advice(
        self, card: Card, readings: Sequence[Reading], foreign_processes: int
    ) -> Iterator[str]:
        """Messages on what of the device's state is not ideal; see `advice.advice`."""
