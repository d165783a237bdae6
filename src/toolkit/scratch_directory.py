"""Directories for the time of a run, which a later run removes if this one is killed."""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from toolkit.errors import EnvironmentLack

_LOCK = ".lock"
# What the user gets, beside the lock: an empty directory, whose content may be saved as it is.
_CONTENT = "content"


@contextmanager
def scratch_directory(prefix: str, parent: str | os.PathLike[str] | None = None) -> Iterator[Path]:
    """A new, empty directory that is removed at the end, as are those that killed runs left behind.

    It is the user's alone and its name cannot be guessed. ``prefix`` says whose it is;
    ``parent`` is by default the directory for temporary files. Raises EnvironmentLack.
    """
    directory, lock = _create(prefix, parent)
    try:
        yield directory / _CONTENT
    finally:
        _remove(directory, lock)


def directory_until_exit(prefix: str, parent: str | os.PathLike[str] | None = None) -> Path:
    """As ``scratch_directory``, but removed when this process ends.

    A program that takes the place of this process (``exec``) keeps it, and the next run with this
    prefix removes it after that program has ended.
    """
    directory, lock = _create(prefix, parent)
    os.set_inheritable(lock, True)
    creator = os.getpid()

    def remove() -> None:
        # A fork ends with the handlers of the process that it was.
        if os.getpid() == creator:
            _remove(directory, lock)

    atexit.register(remove)
    return directory / _CONTENT


def _create(prefix: str, parent: str | os.PathLike[str] | None) -> tuple[Path, int]:
    """A directory, and the descriptor of its lock, which says that its user lives."""
    above = Path(tempfile.gettempdir() if parent is None else parent)
    _remove_abandoned(above, prefix)
    try:
        directory = Path(tempfile.mkdtemp(prefix=prefix, dir=above))
        (directory / _CONTENT).mkdir(mode=0o700)
        descriptor, unnamed = tempfile.mkstemp(dir=directory)
    except OSError as problem:
        raise EnvironmentLack(
            f"no directory for temporary files can be made: {problem.strerror}",
            place=str(above),
            hint="free space there, or name another directory in TMPDIR",
        ) from None
    # Some network file systems have no locks; nothing is tidied up there.
    with suppress(OSError):
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        # Named only now: a lock file that nobody has locked is an abandoned one.
        os.rename(unnamed, directory / _LOCK)
    return directory, descriptor


def _remove(directory: Path, lock: int) -> None:
    shutil.rmtree(directory, ignore_errors=True)
    with suppress(OSError):
        os.close(lock)


def _remove_abandoned(parent: Path, prefix: str) -> None:
    with suppress(OSError):
        for directory in sorted(parent.glob(f"{prefix}*")):
            status = directory.lstat()
            # Other users may create what they like in a common directory.
            if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
                continue
            with suppress(OSError), (directory / _LOCK).open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(directory)
