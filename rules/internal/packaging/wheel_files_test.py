from __future__ import annotations

import base64
import hashlib
import io
import zipfile

from internal.packaging.wheel_files import Label, changed, read_wheel

_INFO = "r-0.1.0.dist-info"
_FILES = {
    "r/a.py": b"x = 1\n",
    "r/run.sh": b"#!/bin/sh\n",
    f"{_INFO}/METADATA": b"Name: r\nRequires-Python: ==3.9.*\nSummary: s\n\nRequires no thing\n",
    f"{_INFO}/WHEEL": b"Root-Is-Purelib: true\nTag: py3-none-any\n\n",
    f"{_INFO}/RECORD": b"stale\n",
}


def _wheel() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in _FILES.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (0o755 if name.endswith(".sh") else 0o644) << 16
            archive.writestr(entry, content)
    return made.getvalue()


def test_files_and_label_change_and_the_rest_stays() -> None:
    label = Label("py312", ">=3.12")
    made = changed(_wheel(), {"r/a.py": b"x = 2\n"}, label)
    files = read_wheel(made)
    assert list(files) == list(_FILES)
    assert files["r/a.py"] == b"x = 2\n"
    assert files[f"{_INFO}/METADATA"] == _FILES[f"{_INFO}/METADATA"].replace(b"==3.9.*", b">=3.12")
    assert files[f"{_INFO}/WHEEL"] == _FILES[f"{_INFO}/WHEEL"].replace(b"py3-", b"py312-")
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        assert archive.getinfo("r/run.sh").external_attr >> 16 & 0o777 == 0o755


def test_the_record_is_of_what_is_in_the_wheel() -> None:
    files = read_wheel(changed(_wheel(), {"r/a.py": b"x = 2\n"}, Label("py3", ">=3.9")))
    lines = [line.split(",") for line in files[f"{_INFO}/RECORD"].decode().splitlines()]
    assert [name for name, _, _ in lines] == list(_FILES)
    for name, digest, size in lines[:-1]:
        raw = base64.urlsafe_b64decode(digest.removeprefix("sha256=") + "=")
        assert (raw, int(size)) == (hashlib.sha256(files[name]).digest(), len(files[name]))
    assert lines[-1][1:] == ["", ""]


def test_the_name_has_the_tag() -> None:
    label = Label("py312", ">=3.12")
    assert label.file_name("r-0.1.0-py3-none-any.whl") == "r-0.1.0-py312-none-any.whl"
