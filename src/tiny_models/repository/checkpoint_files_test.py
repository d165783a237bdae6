from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from tiny_models.repository.checkpoint_files import files_named
from toolkit.errors import InputError


def test_only_what_is_named_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{}")
    (tmp_path / "weights.bin").write_bytes(b"\x80\x04.")
    assert files_named(tmp_path, ["*.json"]) == {"a.json": b"{}"}


def test_a_link_inside_is_followed_and_one_outside_refused(tmp_path: Path) -> None:
    inside = tmp_path / "checkpoint"
    inside.mkdir()
    (tmp_path / "secret.json").write_text("{}")
    (inside / "real.json").write_text("{}")
    (inside / "near.json").symlink_to("real.json")
    assert set(files_named(inside, ["*.json"])) == {"real.json", "near.json"}
    (inside / "far.json").symlink_to(tmp_path / "secret.json")
    with pytest.raises(InputError, match="leaves the checkpoint"):
        files_named(inside, ["*.json"])


@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_a_pickle_is_refused_whatever_its_name(tmp_path: Path, protocol: int) -> None:
    (tmp_path / "vocab.txt").write_bytes(pickle.dumps({"a": 1}, protocol=protocol))
    with pytest.raises(InputError, match="a pickle"):
        files_named(tmp_path, ["vocab.txt"])


def test_code_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"auto_map": {"AutoTokenizer": "x.Y"}}')
    with pytest.raises(InputError, match="auto_map"):
        files_named(tmp_path, ["config.json"])


@pytest.mark.parametrize(
    ("content", "message"), [(b"{\n  3}", r"a\.json:2:3: no JSON"), (b"\xff", "UTF-8")]
)
def test_damaged_json_has_a_place(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(InputError, match=message):
        files_named(tmp_path, ["a.json"])


def test_no_directory(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="found nothing"):
        files_named(tmp_path / "missing", ["*"])
