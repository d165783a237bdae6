"""Reads a file that somebody names: a regular one, of a sane size, in UTF-8."""

from __future__ import annotations

import errno
import os
import stat

from toolkit import os_errors
from toolkit.errors import InputError, ToolError, position

# Of a text that people or rules write. A generated modeling file has less than 1 MB.
LARGEST_TEXT = 64 * 2**20
_KINDS = (
    (stat.S_ISDIR, "a directory"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def read_bytes(path: str | os.PathLike[str], what: str = "the file", *, most: int) -> bytes:
    """The content of a regular file of at most ``most`` bytes.

    Opens nothing else: a named pipe would block, and a device may never end. Raises InputError,
    located at the path, or
    EnvironmentLack if the machine lacks something; ``what`` names the file in their messages.
    """
    place = os.fspath(path)
    try:
        # Without O_NONBLOCK, opening a pipe waits for a writer. It changes nothing for a file.
        descriptor = os.open(place, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except (OSError, ValueError) as problem:
        raise unreadable(place, what, problem) from None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            kind = next((name for matches, name in _KINDS if matches(status.st_mode)), "no file")
            raise InputError(
                f"{what} must be a regular file, found {kind}",
                place=place,
                hint="name a file, or remove what is in its place",
            )
        # A file may grow while it is read; Python sets aside at once all that it is to read.
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            content = file.read(min(status.st_size, most) + 1)
            if len(content) > status.st_size:
                content += file.read(most + 1 - len(content))
    except OSError as problem:
        raise unreadable(place, what, problem) from None
    finally:
        os.close(descriptor)
    if len(content) > most:
        size = max(status.st_size, len(content))
        raise InputError(
            f"{what} has {size:,} bytes, more than the {most:,} that are read", place=place
        )
    return content


def read_text(
    path: str | os.PathLike[str], what: str = "the file", *, most: int = LARGEST_TEXT
) -> str:
    """As ``read_bytes``, decoded from UTF-8 (a byte order mark is dropped). Raises InputError."""
    content = read_bytes(path, what, most=most)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = content.count(b"\n", 0, problem.start) + 1
        raise InputError(
            f"{what} is not UTF-8: byte 0x{content[problem.start]:02x}",
            place=position(os.fspath(path), line),
            hint="save it as UTF-8",
        ) from None


def unreadable(place: str, what: str, problem: OSError | ValueError) -> ToolError:
    """The error for what cannot be opened or read at ``place``: an InputError or EnvironmentLack.

    ``what`` names it in the message, with its article.
    """
    hints = {errno.ENOENT: "check the path", errno.EACCES: f"make {what} readable"}
    number = problem.errno if isinstance(problem, OSError) else None
    return os_errors.located(
        problem, f"{what} cannot be read", place=place, hint=hints.get(number or 0, "")
    )
