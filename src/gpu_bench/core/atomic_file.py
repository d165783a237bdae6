"""Writes files at once: whoever reads one sees the old one or the new one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from gpu_bench.core.errors import InputError


def write_text(path: Path, text: str) -> None:
    """Writes UTF-8 text, and the directories above it. Raises InputError where it cannot."""
    write_texts({path: text})


def write_texts(files: Mapping[Path, str]) -> None:
    """As ``write_text`` for several files: none is replaced before all are on the disk."""
    written: dict[Path, str] = {}
    place = Path()
    try:
        for place, text in files.items():
            if place.is_dir():
                raise IsADirectoryError(None, "it is a directory")
            place.parent.mkdir(parents=True, exist_ok=True)
            handle, written[place] = tempfile.mkstemp(dir=place.parent, prefix=".new-")
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
            # Temporary files are private; this one is to be read like any other.
            umask = os.umask(0)
            os.umask(umask)
            os.chmod(written[place], 0o666 & ~umask)
        for place, temporary in written.items():
            os.replace(temporary, place)
    except OSError as problem:
        raise InputError(
            f"the file cannot be written: {problem.strerror}",
            place=str(place),
            hint="name a place that can be written, as with --output",
        ) from None
    finally:
        for temporary in written.values():
            # Those in place are not there any more.
            with suppress(FileNotFoundError):
                os.unlink(temporary)
