"""Times one run: host clock and device clock, synchronised before the start and after the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from gpu_bench.device.torch_device import Device, Stamps


@dataclass(frozen=True)
class Sample:
    """Times of one run in integer nanoseconds; `docs/gpu-benchmarks.md` defines each.

    ``started`` is on the host's monotonic clock, which all processes of a machine share.
    ``requests`` has, for each request of continuous batching, the time from its submission to its
    first token, and the mean time of each further one. ``proposed`` counts the tokens that an
    assistant or a lookup proposed, and ``accepted`` those of them that were kept; None without one.
    """

    started: int
    end_to_end: int
    time_to_first_token: int
    prefill: int
    decode: int
    inter_token: tuple[int, ...]
    device_time: int | None
    requests: tuple[tuple[int, int], ...] = ()
    proposed: int | None = None
    accepted: int | None = None

    def to_json(self, origin: int) -> dict[str, Any]:
        """As a result's schema has it; ``origin`` is the start of the process's first sample."""
        proposals = {"proposed": self.proposed, "accepted": self.accepted}
        return {
            "start": self.started - origin,
            "end_to_end": self.end_to_end,
            "time_to_first_token": self.time_to_first_token,
            "prefill": self.prefill,
            "decode": self.decode,
            "inter_token": list(self.inter_token),
            "device_time": self.device_time,
            **({"requests": [list(times) for times in self.requests]} if self.requests else {}),
            **{name: count for name, count in proposals.items() if count is not None},
        }


class Marks:
    """The moments of one run of `generate`: its start, the forward pass, each token, the end.

    Tokens that are chosen at once have one moment.
    """

    def __init__(self, stamps: Stamps) -> None:
        self._stamps = stamps
        self._at_once: list[int] = []
        self.forward_began = False

    def begin(self) -> None:
        """The run begins."""
        self._stamps.record()

    def forward(self) -> None:
        """The prompt's forward pass begins; later calls say nothing new."""
        if not self.forward_began:
            self.forward_began = True
            self._stamps.record()

    def token(self, count: int = 1) -> None:
        """The next ``count`` tokens of every row have been chosen, in the device's order."""
        self._stamps.record()
        self._at_once.append(count)

    def end(self) -> None:
        """All tokens are there."""
        self._stamps.record()

    def times(self) -> list[int]:
        """Nanoseconds from the start to each mark, one for each token.

        Valid once the device is synchronised.
        """
        moments = self._stamps.since_first()
        first_token = len(moments) - 1 - len(self._at_once)
        tokens = [
            moment
            for moment, count in zip(moments[first_token:-1], self._at_once, strict=True)
            for _ in range(count)
        ]
        return [*moments[:first_token], *tokens, moments[-1]]


# Marks beside those of the tokens: start, forward pass and end.
OTHER_MARKS = 3


def timed(device: Device, num_tokens: int, run: Callable[[Marks], Any]) -> tuple[Sample, Any]:
    """Runs once and gives its times with what ``run`` returned.

    ``run`` must mark the forward pass once and ``num_tokens`` tokens; raises RuntimeError if not.
    """
    marks = Marks(device.stamps(num_tokens + OTHER_MARKS))
    device.synchronize()
    started = time.perf_counter_ns()
    marks.begin()
    outcome = run(marks)
    marks.end()
    device.synchronize()
    end_to_end = time.perf_counter_ns() - started
    return sample(started, end_to_end, marks.times(), num_tokens, device.has_own_clock), outcome


def sample(
    started: int, end_to_end: int, marks: Sequence[int], num_tokens: int, on_device: bool
) -> Sample:
    """The sample that ``marks`` (start, forward pass, tokens, end) make up."""
    if len(marks) != num_tokens + OTHER_MARKS:
        raise RuntimeError(
            f"generating made {len(marks) - OTHER_MARKS} steps, expected {num_tokens}"
        )
    begin, forward, *tokens, end = marks
    return Sample(
        started=started,
        end_to_end=end_to_end,
        time_to_first_token=tokens[0] - begin,
        prefill=tokens[0] - forward,
        decode=tokens[-1] - tokens[0],
        inter_token=tuple(b - a for a, b in pairwise(tokens)),
        device_time=end - begin if on_device else None,
    )
