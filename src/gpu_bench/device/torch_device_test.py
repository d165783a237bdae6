from __future__ import annotations

from typing import Any

import pytest

from gpu_bench.conftest import FakeCuda
from gpu_bench.device.memory import PhasePeaks
from gpu_bench.device.timing import sample, timed
from gpu_bench.device.torch_device import AcceleratorDevice, CpuDevice, EventStamps, Peaks


class FixedEvent:
    def __init__(self, milliseconds: Any) -> None:
        self.at = milliseconds

    def record(self) -> None:
        pass

    def elapsed_time(self, later: Any) -> Any:
        # As a card gives it: a float32 of the difference.
        import numpy as np

        return float(np.float32(later.at - self.at))


def test_events_become_whole_nanoseconds_without_losing_short_times() -> None:
    # 1000 s after the start a float32 in ms resolves 61 us: differences of neighbours keep 1 us.
    stamps = EventStamps([FixedEvent(0), FixedEvent(1e6), FixedEvent(1e6 + 0.001)])
    for _ in range(3):
        stamps.record()
    first, second, third = stamps.since_first()
    assert (first, second) == (0, 10**12)
    assert third - second == pytest.approx(1000, abs=1)


def test_events_are_made_once_and_used_again(fake_cuda: FakeCuda) -> None:
    device = AcceleratorDevice(fake_cuda)
    device.stamps(5)
    device.stamps(5)
    assert fake_cuda.events == 5
    device.stamps(7)
    assert fake_cuda.events == 7


@pytest.mark.parametrize("make", [CpuDevice, lambda: AcceleratorDevice(FakeCuda())])
def test_a_run_is_timed_between_its_marks(make: Any) -> None:
    def run(marks: Any) -> Any:
        marks.forward()
        marks.forward()
        for _ in range(3):
            marks.token()
        return "outcome"

    device = make()
    times, outcome = timed(device, 3, run)
    assert outcome == "outcome"
    assert len(times.inter_token) == 2
    assert sum(times.inter_token) == times.decode
    assert 0 <= times.prefill <= times.time_to_first_token
    assert times.time_to_first_token + times.decode <= times.end_to_end
    assert (times.device_time is None) == (not device.has_own_clock)
    assert all(
        isinstance(value, int) for value in (times.started, times.decode, *times.inter_token)
    )


def test_the_device_is_idle_at_both_edges_and_nowhere_else(fake_cuda: FakeCuda) -> None:
    calls = fake_cuda.calls

    def run(marks: Any) -> None:
        calls.append("run")
        marks.forward()
        marks.token()
        marks.token()

    timed(AcceleratorDevice(fake_cuda), 2, run)
    assert calls == ["synchronize", "run", "synchronize"]


def test_another_number_of_steps_is_refused() -> None:
    with pytest.raises(RuntimeError, match="made 2 steps, expected 3"):
        sample(0, 10, [0, 1, 2, 3, 4], 3, False)


def test_what_each_time_means() -> None:
    times = sample(7, 100, [0, 5, 20, 30, 45, 50], 3, True)
    assert (times.time_to_first_token, times.prefill, times.decode) == (20, 15, 25)
    assert times.inter_token == (10, 15)
    assert times.device_time == 50
    assert times.to_json(origin=2)["start"] == 5


def test_memory_is_split_at_the_first_token(fake_cuda: FakeCuda) -> None:
    # Of the first run and autotuning.
    fake_cuda.use(5000)
    fake_cuda.use(100)
    phases = PhasePeaks(AcceleratorDevice(fake_cuda))
    phases.forward()
    fake_cuda.use(900)
    fake_cuda.use(300)
    phases.token()
    fake_cuda.use(400)
    phases.token()
    assert phases.by_name() == {"prefill": Peaks(900, 900), "decode": Peaks(400, 400)}


def test_a_cpu_has_no_peaks() -> None:
    phases = PhasePeaks(CpuDevice())
    phases.token()
    assert phases.by_name() == {}
