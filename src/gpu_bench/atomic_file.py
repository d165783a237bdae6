"""Writes a file at once: whoever reads it sees the old one or the new one."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from gpu_bench.errors import InputError


def write_text(path: Path, text: str) -> None:
    """Writes UTF-8 text, and the directories above it. Raises InputError where it cannot."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
            # Temporary files are private; this one is to be read like any other.
            umask = os.umask(0)
            os.umask(umask)
            os.chmod(temporary, 0o666 & ~umask)
            os.replace(temporary, path)
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(temporary)
            raise
    except OSError as problem:
        raise InputError(
            f"the file cannot be written: {problem.strerror}",
            place=str(path),
            hint="name a place that can be written with --output or --junit-xml",
        ) from None
