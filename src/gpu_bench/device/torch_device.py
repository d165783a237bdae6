"""What measuring asks of a device: order, time stamps and memory. A CPU answers with the host."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol


@dataclass(frozen=True)
class Peaks:
    """Most memory in bytes since the last reset, as torch's allocator counts it."""

    allocated: int
    reserved: int

    def to_json(self) -> dict[str, int]:
        """The peaks of a phase in a result's `memory`."""
        return {"peak_allocated": self.allocated, "peak_reserved": self.reserved}


class Stamps(Protocol):
    """Moments on the device's own clock, recorded without waiting for the device."""

    def record(self) -> None:
        """Notes the moment when the work that has been asked for so far will be done."""

    def since_first(self) -> list[int]:
        """Nanoseconds from the first moment to each; valid once the device is synchronised."""


class Device(Protocol):
    """A device that a model runs on."""

    torch_name: str
    has_own_clock: bool

    def synchronize(self) -> None:
        """Returns when all work that has been asked for is done."""

    def stamps(self, count: int) -> Stamps:
        """Room for ``count`` moments."""

    def release_unused(self) -> None:
        """Gives memory that nothing uses back to the device, so that it counts in no peak."""

    def reset_peaks(self) -> None:
        """Begins a new phase of memory use."""

    def peaks(self) -> Peaks | None:
        """Peaks since the last reset; None if the device does not count."""

    def free_memory(self) -> int | None:
        """Bytes that are free on the device; None if it does not count."""


class HostStamps:
    """Moments on the host's monotonic clock."""

    def __init__(self) -> None:
        self._times: list[int] = []

    def record(self) -> None:
        self._times.append(time.perf_counter_ns())

    def since_first(self) -> list[int]:
        return [moment - self._times[0] for moment in self._times]


class CpuDevice:
    """The host itself: work is done when the call returns."""

    torch_name = "cpu"
    has_own_clock = False

    def synchronize(self) -> None:
        """Nothing is ever pending."""

    def stamps(self, count: int) -> HostStamps:  # noqa: ARG002 - a list has room
        return HostStamps()

    def release_unused(self) -> None:
        """The host's allocator does not count."""

    def reset_peaks(self) -> None:
        """The host's allocator does not count."""

    def peaks(self) -> None:
        return None

    def free_memory(self) -> None:
        return None


class EventStamps:
    """The device's events. Creating one takes longer than recording it: all are made beforehand."""

    def __init__(self, events: Sequence[Any]) -> None:
        self._events = events
        self._used = 0

    def record(self) -> None:
        self._events[self._used].record()
        self._used += 1

    def since_first(self) -> list[int]:
        # Torch gives milliseconds as float32. Neighbours are subtracted and summed up as integers,
        # since a float32 of a long time since the first would lose the short times.
        used = self._events[: self._used]
        result = [0]
        for earlier, later in pairwise(used):
            result.append(result[-1] + round(earlier.elapsed_time(later) * 1e6))
        return result


class AcceleratorDevice:
    """A device that is visible, and the one that torch uses where none is named.

    :param api: `torch.cuda`, which is HIP's too, or `torch.xpu`, or what acts like them.
    :param name: what torch calls its devices: `cuda` or `xpu`.
    :param index: its place among those that are visible.
    """

    has_own_clock = True

    def __init__(self, api: Any, name: str = "cuda", index: int = 0) -> None:
        self.torch_name = f"{name}:{index}"
        self._api = api
        self._events: list[Any] = []

    def synchronize(self) -> None:
        self._api.synchronize()

    def stamps(self, count: int) -> EventStamps:
        missing = count - len(self._events)
        self._events += [self._api.Event(enable_timing=True) for _ in range(missing)]
        return EventStamps(self._events)

    def release_unused(self) -> None:
        self._api.empty_cache()

    def reset_peaks(self) -> None:
        self._api.reset_peak_memory_stats()

    def peaks(self) -> Peaks:
        return Peaks(self._api.max_memory_allocated(), self._api.max_memory_reserved())

    def free_memory(self) -> int:
        free: int = self._api.mem_get_info()[0]
        return free
