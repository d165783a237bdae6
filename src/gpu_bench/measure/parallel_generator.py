"""A generator whose runs all ranks make together."""

from __future__ import annotations

from typing import Any

from gpu_bench.device.timing import Sample
from gpu_bench.device.torch_device import Device, Peaks
from gpu_bench.measure.generation import Generator
from gpu_bench.measure.outputs import Captured, token_digest
from gpu_bench.measure.process_group import wait_for_all
from gpu_bench.measure.ranks import FIRST_RUN, Ranks


class ParallelGenerator:
    """The first rank's generator; the others make each run at the same time."""

    def __init__(self, own: Generator, ranks: Ranks, device: Device) -> None:
        self._own = own
        self._ranks = ranks
        self._device = device
        self._operation = FIRST_RUN

    def measure(self) -> tuple[Sample, list[list[int]]]:
        """See :class:`Generator`; the time begins when all ranks are ready."""

        def measured() -> tuple[Sample, list[list[int]]]:
            wait_for_all(self._device)
            return self._own.measure()

        operation, self._operation = self._operation, "measure"
        return self._ranks.together(operation, measured, _digest_of_run)

    def capture(self) -> Captured:
        """See :class:`Generator`."""
        return self._ranks.together("capture", self._own.capture, _digest_of_capture)

    def memory(self) -> dict[str, Peaks]:
        """See :class:`Generator`."""
        return self._ranks.together("memory", self._own.memory, lambda _: "")

    def finish(self) -> Captured | None:
        """See :class:`Generator`."""
        return self._own.finish()

    def check_compiled(self) -> None:
        """See :class:`Generator`."""
        self._own.check_compiled()

    def chosen(self) -> dict[str, Any]:
        """See :class:`Generator`."""
        return self._own.chosen()


def _digest_of_run(run: tuple[Sample, list[list[int]]]) -> str:
    return token_digest(run[1])


def _digest_of_capture(captured: Captured) -> str:
    return captured.digest
