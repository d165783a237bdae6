from __future__ import annotations

import io
import time
import zipfile

from internal.packaging.settled_archive import settled

_FILES = {"b/run.sh": b"#!/bin/sh\n", "a.py": b"x = 1\n" * 100, "a.dist-info/RECORD": b"a.py,,\n"}


def _archive(modes: dict[str, int], compression: int, moment: float) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", compression) as archive:
        for name, content in _FILES.items():
            entry = zipfile.ZipInfo(name, time.gmtime(moment)[:6])
            entry.external_attr = modes.get(name, 0o644) << 16
            archive.writestr(entry, content)
    return made.getvalue()


def test_time_and_umask_leave_no_trace() -> None:
    private = {"b/run.sh": 0o700, "a.py": 0o600}
    shared = {"b/run.sh": 0o775, "a.py": 0o664, "a.dist-info/RECORD": 0o664}
    one = settled(_archive(private, zipfile.ZIP_STORED, 1e9))
    assert one == settled(_archive(shared, zipfile.ZIP_DEFLATED, 2e9))
    assert one == settled(one)


def test_content_order_and_executables_stay() -> None:
    made = settled(_archive({"b/run.sh": 0o755}, zipfile.ZIP_DEFLATED, 1e9))
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == _FILES
        assert archive.namelist() == list(_FILES)
        modes = {each.filename: each.external_attr >> 16 & 0o777 for each in archive.infolist()}
        assert {each.date_time for each in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert modes == {"b/run.sh": 0o755, "a.py": 0o644, "a.dist-info/RECORD": 0o644}
