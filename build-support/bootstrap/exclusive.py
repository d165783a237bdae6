"""A lock between processes of one user, on file systems with and without flock.

flock is let go by the kernel however its holder ends. Some network file systems refuse it; there
the lock is a directory that names its holder, and the holder shows by touching it that it lives.
"""

import contextlib
import errno
import fcntl
import os
import shutil
import socket
import threading
import time

HEARTBEAT_SECONDS = 5
STALE_SECONDS = 60
_POLL_SECONDS = 0.2

# What flock raises where the file system does not support it.
_UNSUPPORTED = {
    getattr(errno, name)
    for name in ("ENOLCK", "ENOTSUP", "EOPNOTSUPP", "EINVAL", "ENOSYS")
    if hasattr(errno, name)
}


@contextlib.contextmanager
def exclusive(path, on_wait, lock=fcntl.flock):
    """Holds the lock at `path` (a file name without extension) for the block.

    Args:
        path: the lock's file is `path` + ".lock", or the directory `path` + ".held".
        on_wait: called once, without arguments, when another process holds the lock.
        lock: the flock function.

    Raises:
        OSError: the lock's file or directory cannot be made.
    """
    with open(path + ".lock", "a") as handle:
        try:
            lock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in _UNSUPPORTED:
                with _held_directory(path + ".held", on_wait):
                    yield
                return
            if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                raise
            on_wait()
            lock(handle, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def _held_directory(path, on_wait):
    owner = "{} {}".format(os.getpid(), socket.gethostname())
    waited = False
    while not _take(path, owner):
        if _is_stale(path):
            _break(path)
            continue
        if not waited:
            on_wait()
            waited = True
        time.sleep(_POLL_SECONDS)
    stop = threading.Event()
    beat = threading.Thread(target=_beat, args=(path, stop), daemon=True)
    beat.start()
    try:
        yield
    finally:
        stop.set()
        beat.join()
        shutil.rmtree(path, ignore_errors=True)


def _take(path, owner):
    """Makes the directory, with its owner inside, in one step."""
    staging = "{}.{}".format(path, os.getpid())
    shutil.rmtree(staging, ignore_errors=True)
    os.mkdir(staging)
    with open(os.path.join(staging, "owner"), "w") as handle:
        handle.write(owner)
    try:
        # A directory replaces only an empty directory, and a held one is never empty.
        os.rename(staging, path)
    except OSError as error:
        shutil.rmtree(staging, ignore_errors=True)
        if error.errno in (errno.EEXIST, errno.ENOTEMPTY):
            return False
        raise
    return True


def _is_stale(path):
    try:
        with open(os.path.join(path, "owner")) as handle:
            pid, host = handle.read().split(" ", 1)
        age = time.time() - os.stat(path).st_mtime
    except (OSError, ValueError):
        return False
    if age > STALE_SECONDS:
        return True
    if host != socket.gethostname():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _break(path):
    # Renaming first: of several that found the lock stale, one succeeds.
    dead = "{}.dead.{}".format(path, os.getpid())
    try:
        os.rename(path, dead)
    except OSError:
        return
    shutil.rmtree(dead, ignore_errors=True)


def _beat(path, stop):
    while not stop.wait(HEARTBEAT_SECONDS):
        with contextlib.suppress(OSError):
            os.utime(path)
