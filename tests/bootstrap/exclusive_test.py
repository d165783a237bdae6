"""The lock, with flock and on file systems that refuse it."""

import errno
import os
import socket
import subprocess
import sys
import time

import exclusive as locks
import pytest
import scratch

# Appends "in" and "out" to a file while it holds the lock.
_WORKER = """
import sys, time
sys.path.insert(0, {support!r})
import errno, fcntl, os
from exclusive import exclusive
def refuse(handle, operation):
    raise OSError(errno.ENOLCK, "no locks available")
def log(text):
    with open({log!r}, "a") as handle:
        handle.write(text + "\\n")
with exclusive({path!r}, lambda: log("waits"), {lock}):
    log("in")
    time.sleep({seconds})
    log("out")
"""


def _refuse(handle, operation):
    raise OSError(errno.ENOLCK, "no locks available")


def _worker(tmp_path, lock, seconds):
    support = str(scratch.REPOSITORY / "build-support" / "bootstrap")
    source = _WORKER.format(
        support=support,
        log=str(tmp_path / "log"),
        path=str(tmp_path / "lock"),
        lock=lock,
        seconds=seconds,
    )
    return subprocess.Popen([sys.executable, "-c", source])


@pytest.mark.parametrize("lock", ["fcntl.flock", "refuse"])
def test_one_at_a_time(tmp_path, lock):
    workers = [_worker(tmp_path, lock, 0.3) for _ in range(4)]
    assert [worker.wait(timeout=60) for worker in workers] == [0] * 4
    lines = (tmp_path / "log").read_text().split()
    assert [line for line in lines if line != "waits"] == ["in", "out"] * 4
    assert lines.count("waits") == 3


@pytest.mark.parametrize("lock", ["fcntl.flock", "refuse"])
def test_lock_of_a_killed_process_is_free(tmp_path, lock):
    holder = _worker(tmp_path, lock, 600)
    limit = time.monotonic() + 60
    while not (tmp_path / "log").exists():
        assert time.monotonic() < limit
        time.sleep(0.01)
    holder.kill()
    holder.wait()
    started = time.monotonic()
    assert _worker(tmp_path, lock, 0).wait(timeout=60) == 0
    assert time.monotonic() - started < 20


def _hold(tmp_path, owner, age):
    held = tmp_path / "lock.held"
    held.mkdir()
    (held / "owner").write_text(owner)
    os.utime(held, (time.time() - age,) * 2)
    return held


def test_silent_holder_on_another_host_is_given_up_after_a_while(tmp_path):
    _hold(tmp_path, "1 elsewhere", locks.STALE_SECONDS + 5)
    with locks.exclusive(str(tmp_path / "lock"), pytest.fail, _refuse):
        owner = (tmp_path / "lock.held" / "owner").read_text()
        assert owner == f"{os.getpid()} {socket.gethostname()}"
    assert not (tmp_path / "lock.held").exists()


@pytest.mark.parametrize("owner", ["1 elsewhere", f"{os.getpid()} {socket.gethostname()}"])
def test_living_holder_is_waited_for(tmp_path, owner):
    held = _hold(tmp_path, owner, 0)
    waited = []

    def on_wait():
        waited.append(1)
        (held / "owner").unlink()
        held.rmdir()

    with locks.exclusive(str(tmp_path / "lock"), on_wait, _refuse):
        assert waited == [1]


def test_holder_shows_that_it_lives(tmp_path, monkeypatch):
    monkeypatch.setattr(locks, "HEARTBEAT_SECONDS", 0.05)
    with locks.exclusive(str(tmp_path / "lock"), pytest.fail, _refuse):
        held = tmp_path / "lock.held"
        os.utime(held, (1, 1))
        limit = time.monotonic() + 10
        while held.stat().st_mtime < 2:
            assert time.monotonic() < limit
            time.sleep(0.01)


def test_other_errors_are_not_taken_for_a_missing_flock(tmp_path):
    def broken(handle, operation):
        raise OSError(errno.EIO, "input/output error")

    with (
        pytest.raises(OSError, match="input/output"),
        locks.exclusive(str(tmp_path / "lock"), pytest.fail, broken),
    ):
        pass
