"""Writes files whole: a reader sees the old file or the new one, and a failure leaves the old."""

from __future__ import annotations

import fcntl
import os
import stat
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path

from toolkit import os_errors

# Begins the name of a file that is not in its place yet. It does not hold the name of the target:
# that may be as long as a name can be.
_PREFIX = ".new-"


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Writes UTF-8 text, creating the directories above it. Raises as ``write_files``."""
    write_files({path: text.encode("utf-8")})


def write_files(
    contents: Mapping[str | os.PathLike[str], bytes],
    hint: str = "name a place that can be written",
) -> None:
    """Writes several files: none is replaced before all of them are on the disk.

    A file keeps the mode of the one it replaces; a new one gets the mode that the umask gives.
    Raises InputError with ``hint``, located at the path, where it cannot be written there, and
    EnvironmentLack if the disk or the machine is the cause.
    """
    waiting: dict[Path, str] = {}
    target = Path()
    opened = ExitStack()
    try:
        for target, content in ((Path(path), content) for path, content in contents.items()):
            if target.is_dir():
                raise IsADirectoryError(None, "it is a directory")
            target.parent.mkdir(parents=True, exist_ok=True)
            _remove_abandoned(target.parent)
            descriptor, waiting[target] = _create(target.parent)
            file = opened.enter_context(os.fdopen(descriptor, "wb"))
            file.write(content)
            file.flush()
            os.chmod(waiting[target], _mode(target))
        for target, temporary in waiting.items():
            os.replace(temporary, target)
    except OSError as problem:
        raise os_errors.located(
            problem,
            "the file cannot be written",
            place=str(target),
            hint=hint,
        ) from None
    finally:
        for temporary in waiting.values():
            # Those in place are no longer there.
            with suppress(FileNotFoundError):
                os.unlink(temporary)
        opened.close()


def _mode(target: Path) -> int:
    """The permissions of a file; for anything else in its place, such as a link, a new file's."""
    with suppress(FileNotFoundError):
        mode = target.lstat().st_mode
        if stat.S_ISREG(mode):
            return stat.S_IMODE(mode)
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask


def _create(directory: Path) -> tuple[int, str]:
    """A new file, open and locked: the lock says that its writer lives."""
    while True:
        descriptor, path = tempfile.mkstemp(dir=directory, prefix=_PREFIX)
        # Some network file systems have no locks; nothing is tidied up there either.
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        # Between the two steps another run may have taken it for abandoned.
        if os.path.exists(path):
            return descriptor, path
        os.close(descriptor)


def _remove_abandoned(directory: Path) -> None:
    """Removes the files that killed runs left behind: those that nobody has locked."""
    for path in directory.glob(f"{_PREFIX}????????"):
        with suppress(OSError), path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
