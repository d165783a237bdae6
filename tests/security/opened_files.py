"""Records which files of some directories are opened, by this process or any below it.

The kernel says it, so that code in C and Rust is seen as well, which no hook of Python sees.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

_IN_OPEN = 0x20
_IN_ISDIR = 0x40000000
_EVENT = struct.Struct("iIII")


@contextmanager
def opened_below(directories: Iterable[Path]) -> Iterator[set[Path]]:
    """Gives a set that has, when the block has ended, each file that was opened in it.

    Directories that come into being meanwhile are not watched. Needs Linux.
    """
    library = ctypes.CDLL(None, use_errno=True)
    descriptor = library.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
    folders: dict[int, Path] = {}
    for directory in directories:
        for folder in (directory, *(path for path in directory.rglob("*") if path.is_dir())):
            watch = library.inotify_add_watch(descriptor, os.fsencode(folder), _IN_OPEN)
            if watch < 0:
                raise OSError(ctypes.get_errno(), f"{folder} cannot be watched")
            folders[watch] = folder
    opened: set[Path] = set()
    try:
        yield opened
    finally:
        opened.update(_events(descriptor, folders))
        os.close(descriptor)


def _events(descriptor: int, folders: dict[int, Path]) -> Iterator[Path]:
    while True:
        try:
            buffer = os.read(descriptor, 1 << 16)
        except BlockingIOError:
            return
        position = 0
        while position < len(buffer):
            watch, mask, _, length = _EVENT.unpack_from(buffer, position)
            position += _EVENT.size
            name = buffer[position : position + length].rstrip(b"\0")
            position += length
            if not mask & _IN_ISDIR and watch in folders:
                yield folders[watch] / os.fsdecode(name)
