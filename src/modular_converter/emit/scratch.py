"""A directory for intermediate files, which a later run removes if this one is killed."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PREFIX = "modular_converter_"
_LOCK = ".lock"


@contextmanager
def scratch_directory() -> Iterator[str]:
    """A new directory that is removed at the end, as are those that killed runs left behind."""
    _remove_abandoned()
    with (
        tempfile.TemporaryDirectory(prefix=_PREFIX) as directory,
        tempfile.NamedTemporaryFile(dir=directory, delete=False) as lock,
    ):
        # Some network file systems have no locks; nothing is tidied up there.
        with suppress(OSError):
            fcntl.flock(lock, fcntl.LOCK_EX)
            # Named only now: a lock file that nobody has locked is an abandoned one.
            os.rename(lock.name, os.path.join(directory, _LOCK))
        yield directory


def _remove_abandoned() -> None:
    for lock in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*/{_LOCK}"):
        with suppress(OSError), lock.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(lock.parent)
