"""Writes directories whole: a reader sees the old one or the new one, and never neither."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

# Begin the names of directories that are not in their place: of one that is being filled, and of
# one that was moved away and holds the old one under its own name.
_NEW = ".new-dir-"
_OLD = ".old-dir-"
_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


@contextmanager
def replacement(target: str | os.PathLike[str]) -> Iterator[Path]:
    """An empty directory beside ``target``, which takes its place when the block ends.

    If the block raises, ``target`` stays as it is. What a killed run left beside it is removed; if
    it had moved the old directory away, that one is put back first. Raises OSError.
    """
    place = Path(os.path.abspath(target))
    recover(place.parent)
    scratch, lock = _create(place.parent, _NEW)
    try:
        yield scratch
        umask = os.umask(0)
        os.umask(umask)
        scratch.chmod(0o777 & ~umask)
        _put(scratch, place)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        os.close(lock)


def recover(parent: Path) -> None:
    """Tidies up below ``parent`` after runs that were killed; see ``replacement``."""
    for moved in sorted(parent.glob(f"{_OLD}????????")):
        with suppress(OSError):
            lock = _locked(moved)
            try:
                for old in moved.iterdir():
                    if not os.path.lexists(parent / old.name):
                        old.rename(parent / old.name)
                shutil.rmtree(moved)
            finally:
                os.close(lock)
    for scratch in sorted(parent.glob(f"{_NEW}????????")):
        with suppress(OSError):
            lock = _locked(scratch)
            try:
                shutil.rmtree(scratch)
            finally:
                os.close(lock)


def _put(scratch: Path, place: Path) -> None:
    if not os.path.lexists(place):
        os.rename(scratch, place)
        return
    try:
        # The old directory has then the name of the scratch, and is removed as one.
        _exchange(scratch, place)
    except OSError as problem:
        if problem.errno not in (errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP):
            raise
        _move_away_and_put(scratch, place)


def _exchange(one: Path, other: Path) -> None:
    """Gives each of two paths what the other one was, in one step. Raises OSError."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    arguments = (_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE)
    if rename(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), str(other))


def _move_away_and_put(scratch: Path, place: Path) -> None:
    """In two steps. Killed between them, the next run puts the old directory back."""
    away, lock = _create(place.parent, _OLD)
    try:
        os.rename(place, away / place.name)
        try:
            os.rename(scratch, place)
        except BaseException:
            os.rename(away / place.name, place)
            raise
    finally:
        shutil.rmtree(away, ignore_errors=True)
        os.close(lock)


def _create(parent: Path, prefix: str) -> tuple[Path, int]:
    """A new directory and the descriptor of its lock, which says that its writer lives."""
    parent.mkdir(parents=True, exist_ok=True)
    while True:
        directory = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
        lock = os.open(directory, os.O_RDONLY | os.O_CLOEXEC)
        # Some network file systems have no locks; nothing is tidied up there either.
        with suppress(OSError):
            fcntl.flock(lock, fcntl.LOCK_EX)
        # Between the two steps another run may have taken it for abandoned.
        if directory.is_dir():
            return directory, lock
        os.close(lock)


def _locked(directory: Path) -> int:
    """The descriptor of a lock. Raises OSError if somebody else has it."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
