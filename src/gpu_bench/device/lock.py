"""One benchmark at a time per device, also of several users and several builds of a machine."""

from __future__ import annotations

import fcntl
import os
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from toolkit.errors import InputError

# Containers that share a card share this directory, if their runs are to wait for each other.
DIRECTORY_VARIABLE = "GPU_BENCH_LOCK_DIR"
# The same for every user: TMPDIR often is a user's own.
DEFAULT_DIRECTORY = "/tmp"
POLL_SECONDS = 0.2
REPORT_SECONDS = 60.0


@contextmanager
def device_locks(
    uuids: Iterable[str], report: Callable[[str], None] | None = None
) -> Iterator[float]:
    """Holds several devices, or none; gives the seconds that were spent waiting for them.

    In one order for all, so that no two wait for each other. Raises as ``device_lock`` does.
    """
    with ExitStack() as held:
        yield sum(held.enter_context(device_lock(uuid, report)) for uuid in sorted(uuids))


@contextmanager
def device_lock(uuid: str, report: Callable[[str], None] | None = None) -> Iterator[float]:
    """Holds the device; gives the seconds that were spent waiting for it.

    The kernel drops the lock when its holder ends, however it ends. Raises InputError if the lock
    file cannot be made.
    """
    descriptor = _opened(_path(uuid))
    try:
        yield _wait(descriptor, uuid, report or _to_stderr)
    finally:
        os.close(descriptor)


def _path(uuid: str) -> Path:
    directory = os.environ.get(DIRECTORY_VARIABLE) or DEFAULT_DIRECTORY
    return Path(directory) / f"gpu-bench-{re.sub(r'[^A-Za-z0-9-]', '_', uuid)}.lock"


def _opened(path: Path) -> int:
    """Opened for reading, which is all that a lock needs: another user may own the file."""
    options = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
    for _ in range(2):
        try:
            return os.open(path, options)
        except FileNotFoundError:
            pass
        except OSError as error:
            raise _unusable(path, error) from None
        try:
            descriptor = os.open(path, options | os.O_CREAT | os.O_EXCL, 0o644)
            os.fchmod(descriptor, 0o644)
            return descriptor
        except FileExistsError:
            continue
        except OSError as error:
            raise _unusable(path, error) from None
    return os.open(path, options)


def _wait(descriptor: int, uuid: str, report: Callable[[str], None]) -> float:
    started = time.monotonic()
    reported = -REPORT_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return time.monotonic() - started
        except BlockingIOError:
            waited = time.monotonic() - started
            if waited - reported >= REPORT_SECONDS:
                reported = waited
                report(f"waiting for {uuid}: another benchmark has it ({waited:.0f} s so far)")
            time.sleep(POLL_SECONDS)


def _unusable(path: Path, error: OSError) -> InputError:
    return InputError(
        f"the device's lock cannot be used: {error.strerror}",
        place=str(path),
        hint=f"let {DIRECTORY_VARIABLE} name a directory that all users of the device can write",
    )


def _to_stderr(message: str) -> None:
    print(f"gpu_bench: {message}", file=sys.stderr, flush=True)
