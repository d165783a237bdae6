"""Changes files in a wheel, and for which interpreters it is."""

from __future__ import annotations

import base64
import hashlib
import io
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Label:
    """For which interpreters a wheel is.

    :param python_tag: as in its name, such as `py3`.
    :param requires_python: as in its metadata, such as `>=3.9,<3.12`.
    """

    python_tag: str
    requires_python: str

    def file_name(self, name: str) -> str:
        """The name of a pure wheel, with this tag."""
        distribution, version, _ = name.split("-", 2)
        return f"{distribution}-{version}-{self.python_tag}-none-any.whl"


def read_wheel(content: bytes) -> dict[str, bytes]:
    """The files of a wheel by their names."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def changed(content: bytes, files: Mapping[str, bytes], label: Label) -> bytes:
    """The wheel with new contents for some of its files, and a label.

    :param files: by their names in the wheel.
    """
    record = ""
    lines = []
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w") as new:
        for entry in old.infolist():
            data = files.get(entry.filename, old.read(entry))
            if entry.filename.endswith(".dist-info/METADATA"):
                line = f"Requires-Python: {label.requires_python}"
                data = re.sub(rb"(?m)^Requires-Python: .*$", line.encode(), data)
            elif entry.filename.endswith(".dist-info/WHEEL"):
                line = f"Tag: {label.python_tag}-none-any"
                data = re.sub(rb"(?m)^Tag: .*$", line.encode(), data)
            elif entry.filename.endswith(".dist-info/RECORD"):
                record = entry.filename
                continue
            new.writestr(entry, data)
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            lines.append(f"{entry.filename},sha256={digest},{len(data)}\n")
        new.writestr(old.getinfo(record), "".join((*lines, f"{record},,\n")))
    return made.getvalue()
