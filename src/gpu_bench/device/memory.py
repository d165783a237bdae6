"""Peak memory by phase, found in a run of its own: resetting peaks needs the device to be idle."""

from __future__ import annotations

from gpu_bench.device.torch_device import Device, Peaks


class PhasePeaks:
    """Stands where a timed run has its marks, and splits memory use at the first token."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._found: dict[str, Peaks] = {}
        self._device.synchronize()
        self._begin()

    def forward(self) -> None:
        """The cache may be allocated before the forward pass: it counts to the prefill."""

    def token(self, count: int = 1) -> None:  # noqa: ARG002 - as `Marks` has it
        """Ends the prefill at the first token."""
        if "prefill" not in self._found:
            self._end("prefill")

    def by_name(self) -> dict[str, Peaks]:
        """Peaks of prefill and decode; ends the decode. Empty if the device does not count."""
        self._end("decode")
        return self._found

    def _end(self, phase: str) -> None:
        self._device.synchronize()
        peaks = self._device.peaks()
        if peaks is not None:
            self._found[phase] = peaks
        self._begin()

    def _begin(self) -> None:
        # Peaks begin at what is reserved now, which would otherwise include what earlier phases,
        # the first run and autotuning needed.
        self._device.release_unused()
        self._device.reset_peaks()
