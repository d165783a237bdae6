"""Writes files so that each is either the old one or the new one, whatever happens."""

from __future__ import annotations

import os
import re
import shutil
from contextlib import suppress
from pathlib import Path


def write_atomically(path: Path, content: bytes) -> None:
    """Makes `content` the content of `path`, creating its directory if need be.

    The content goes to a temporary sibling first, which then takes the place of `path`. What an
    earlier run left behind when it was killed is removed.

    :raises OSError: if that is not possible; `path` is then as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            shutil.copymode(path, temporary)
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def _remove_leftovers(path: Path) -> None:
    leftover = re.compile(rf"\.{re.escape(path.name)}\.(?P<pid>\d+)\.tmp")
    for sibling in path.parent.iterdir():
        match = leftover.fullmatch(sibling.name)
        if match and not _is_running(int(match["pid"])):
            sibling.unlink()


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
