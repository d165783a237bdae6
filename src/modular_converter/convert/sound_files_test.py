"""Files that ruff finds no fault with, and what becomes of others in a large batch."""

from __future__ import annotations

from pathlib import Path

import pytest

from modular_converter.convert import sound_files as module
from modular_converter.convert.sound_files import sound_files


def test_only_files_without_syntax_errors_are_sound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = {
        "right.py": b"x = 1\n",
        "-q.py": b"x = 1\n",
        "wrong.py": b"# ruff: noqa\ndef f(:\n    pass\n",
        "unclosed space.py": b"x = (\n",
        "latin.py": b'# coding: latin-1\nx = "\xe9"\n',
    }
    for name, data in texts.items():
        (tmp_path / name).write_bytes(data)
    paths = [str(tmp_path / name) for name in [*texts, "absent.py"]]
    expected = {str(tmp_path / "right.py"), str(tmp_path / "-q.py")}
    assert sound_files(paths) == expected
    monkeypatch.setattr(module, "_LONGEST", len(paths[0]))
    assert sound_files(paths) == expected
    assert sound_files([]) == set()


def test_nothing_is_sound_if_ruff_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "right.py").write_text("x = 1\n")
    monkeypatch.setattr(module, "find_ruff", lambda: "false")
    assert sound_files([str(tmp_path / "right.py")]) == set()
