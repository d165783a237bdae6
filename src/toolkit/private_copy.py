"""Copies that share no bytes with their source: what writes into one changes nothing else."""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile
from contextlib import suppress

# Linux's request to let a file share another one's blocks until one of them is written.
_FICLONE = 0x40049409


def copy_file(source: str | os.PathLike[str], target: str | os.PathLike[str]) -> None:
    """Copies a regular file: by a reflink, or byte for byte where the disk has none.

    The copy is one that its owner may write; ``target`` is replaced at once. Raises OSError.
    """
    mode = stat.S_IMODE(os.stat(source).st_mode) & 0o555 | 0o600
    directory, name = os.path.split(os.path.abspath(target))
    descriptor, partial = tempfile.mkstemp(dir=directory, prefix=".new-")
    try:
        with open(source, "rb") as original, os.fdopen(descriptor, "wb") as copy:
            try:
                fcntl.ioctl(copy, _FICLONE, original.fileno())
            except OSError:
                shutil.copyfileobj(original, copy, 1 << 20)
            os.fchmod(copy.fileno(), mode)
        os.replace(partial, os.path.join(directory, name))
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(partial)
        raise


def has_other_names(path: str | os.PathLike[str]) -> bool:
    """Whether a file has hard links elsewhere: to write into it would change them, too."""
    return os.stat(path).st_nlink > 1
