"""Archives that do not show where and when they were made."""

from __future__ import annotations

import io
import zipfile

# The earliest time that a zip archive can hold.
_TIME = (1980, 1, 1, 0, 0, 0)
_MODE = 0o644
_EXECUTABLE = 0o111
_REGULAR = 0o100000
_UNIX = 3


def settled(content: bytes) -> bytes:
    """The same zip archive with one time for all files, and modes that no umask has part in."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w") as new:
        for entry in old.infolist():
            settled_entry = zipfile.ZipInfo(entry.filename, _TIME)
            executable = _EXECUTABLE if entry.external_attr >> 16 & 0o100 else 0
            settled_entry.external_attr = (_REGULAR | _MODE | executable) << 16
            settled_entry.create_system = _UNIX
            settled_entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(settled_entry, old.read(entry))
    return made.getvalue()
