from __future__ import annotations

import os
from pathlib import Path

import pytest

from toolkit.private_copy import copy_file, has_other_names


def test_a_copy_may_be_written_and_changes_nothing_else(tmp_path: Path) -> None:
    source, target = tmp_path / "store", tmp_path / "file"
    source.write_bytes(b"content" * 100_000)
    source.chmod(0o555)
    os.link(source, target)
    assert has_other_names(target)
    copy_file(target, target)
    assert not has_other_names(target)
    assert target.read_bytes() == source.read_bytes()
    assert target.stat().st_mode & 0o200
    with target.open("r+b") as file:
        file.write(b"changed")
    assert source.read_bytes().startswith(b"content")
    assert sorted(os.listdir(tmp_path)) == ["file", "store"]


def test_a_failure_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "source").write_text("text")
    (tmp_path / "target").mkdir()
    with pytest.raises(IsADirectoryError):
        copy_file(tmp_path / "source", tmp_path / "target")
    assert sorted(os.listdir(tmp_path)) == ["source", "target"]
