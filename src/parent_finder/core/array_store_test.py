from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from parent_finder.core import array_store


def test_no_flipped_byte_gives_other_content(tmp_path: Path) -> None:
    path = tmp_path / "one.npz"
    header, array = {"name": "one"}, np.arange(5, dtype=np.uint32)
    array_store.save(str(path), header, {"numbers": array})
    content = path.read_bytes()
    refused = 0
    for position in range(len(content)):
        path.write_bytes(
            content[:position] + bytes([content[position] ^ 0x55]) + content[position + 1 :]
        )
        loaded = array_store.load(str(path))
        if loaded is None:
            refused += 1
            continue
        assert loaded[0] == header
        assert loaded[1]["numbers"].tolist() == array.tolist()
    assert refused > len(content) // 2


def test_a_missing_file(tmp_path: Path) -> None:
    assert array_store.load(str(tmp_path / "none.npz")) is None


def test_a_file_in_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    array_store.save("x.npz", {}, {})
    assert os.listdir() == ["x.npz"]
