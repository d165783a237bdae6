from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from gpu_bench.device import lock
from gpu_bench.device.lock import DIRECTORY_VARIABLE, device_lock, device_locks
from toolkit.errors import InputError

HOLD = """
import sys, time
from gpu_bench.device.lock import device_lock
with device_lock(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv(DIRECTORY_VARIABLE, str(tmp_path))
    return tmp_path


def holder(uuid: Any) -> Any:
    source = str(Path(__file__).parents[2])
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, uuid],
        env={**os.environ, "PYTHONPATH": source},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout.readline() == b"held\n"
    return process


def test_a_second_run_waits_says_so_and_goes_on_when_the_first_is_killed() -> None:
    process = holder("GPU-1")
    messages = []

    def kill_then_note(message: Any) -> None:
        messages.append(message)
        process.kill()

    with device_lock("GPU-1", kill_then_note) as waited:
        assert waited > 0
    process.wait()
    assert len(messages) == 1
    assert "waiting for GPU-1" in messages[0]


def test_another_device_is_free() -> None:
    process = holder("GPU-1")
    started = time.monotonic()
    with device_lock("GPU-2", pytest.fail):
        assert time.monotonic() - started < 1
    process.communicate(b"\n")


def test_several_devices_are_held_together_in_one_order(
    directory: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = []

    @contextmanager
    def noted(uuid: str, report: Any) -> Iterator[float]:
        held.append(uuid)
        yield 1.0

    monkeypatch.setattr(lock, "device_lock", noted)
    with device_locks(["GPU-2", "GPU-1"]) as waited:
        assert waited == 2.0
    assert held == ["GPU-1", "GPU-2"]
    with device_locks([]) as waited:
        assert waited == 0
    assert not list(directory.iterdir())


def test_a_file_of_another_user_will_do(directory: Any) -> None:
    path = directory / "gpu-bench-GPU-1.lock"
    path.touch()
    path.chmod(0o444)
    with device_lock("GPU-1", pytest.fail) as waited:
        assert waited < 1


def test_a_link_in_its_place_is_not_followed(directory: Any) -> None:
    (directory / "gpu-bench-GPU-1.lock").symlink_to(directory / "elsewhere")
    with pytest.raises(InputError) as caught, device_lock("GPU-1"):
        pass
    assert DIRECTORY_VARIABLE in caught.value.hint
    assert not (directory / "elsewhere").exists()


def test_a_directory_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DIRECTORY_VARIABLE, "/nonexistent")
    with pytest.raises(InputError, match="lock cannot be used") as caught, device_lock("GPU-1"):
        pass
    assert caught.value.place == "/nonexistent/gpu-bench-GPU-1.lock"
