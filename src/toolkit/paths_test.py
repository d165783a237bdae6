from __future__ import annotations

from pathlib import Path

import pytest

from toolkit.paths import holds, is_confined, shown, stays_below


@pytest.mark.parametrize("path", ["a", "a/b.json", "..a/b", "a b/ü"])
def test_confined(path: str) -> None:
    assert is_confined(path)
    assert stays_below(path)


@pytest.mark.parametrize("path", ["", "/a", "../a", "a/../b", "a//b", "./a", "c:/a", "a\\b", "a\0"])
def test_not_confined(path: str) -> None:
    assert not is_confined(path)


def test_people_may_write_dots() -> None:
    assert stays_below("./a")
    assert stays_below(".")
    assert not stays_below("a/../b")
    assert not stays_below("/a")


def test_links_are_followed(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "out").symlink_to(tmp_path)
    (tmp_path / "inside" / "in").symlink_to(tmp_path / "inside" / "file")
    assert holds(tmp_path / "inside", tmp_path / "inside")
    assert holds(tmp_path / "inside", tmp_path / "inside" / "in")
    assert not holds(tmp_path / "inside", tmp_path / "inside" / "out" / "file")
    assert not holds(tmp_path / "inside", tmp_path / "inside-too")


def test_a_path_is_shown_from_where_one_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert shown(tmp_path / "a" / "b") == "a/b"
    assert shown("/elsewhere/c") == "/elsewhere/c"
