from __future__ import annotations

import zipfile
from pathlib import Path

from tests.reproducibility.comparison import differences


def _tree(root: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    return root


def test_equal_directories_have_no_difference(tmp_path: Path) -> None:
    files = {"a/b.txt": b"x\n", "c.bin": b"\xff\x00"}
    assert differences(_tree(tmp_path / "1", files), _tree(tmp_path / "2", files)) == ""


def test_every_difference_is_reported(tmp_path: Path) -> None:
    one = _tree(tmp_path / "1", {"only": b"", "text": b"a\nb\n", "binary": b"\xff\x00\x01"})
    two = _tree(tmp_path / "2", {"other": b"", "text": b"a\nc\n", "binary": b"\xff\x00\x02\x03"})
    report = differences(one, two)
    assert f"only: only in {one}" in report
    assert f"other: only in {two}" in report
    assert "-b\n+c\n" in report
    assert "binary: 3 and 4 bytes, which differ from byte 2" in report


def test_an_archive_tells_of_modes_and_times(tmp_path: Path) -> None:
    for name, year, mode in (("1", 2000, 0o644), ("2", 2001, 0o600)):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            entry = zipfile.ZipInfo("x", (year, 1, 1, 0, 0, 0))
            entry.external_attr = mode << 16
            archive.writestr(entry, b"same")
    report = differences(tmp_path / "1", tmp_path / "2")
    assert "x: date_time is (2000" in report
    assert "x: external_attr is" in report
    assert "contents differ" not in report
