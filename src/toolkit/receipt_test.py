from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from rules_transformers_contract.receipt import FILE, VARIABLE, complaint, order
from toolkit.receipt import write_ordered


def test_nothing_is_written_unasked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(VARIABLE, raising=False)
    write_ordered()
    assert not Path(FILE).exists()


def test_the_receipt_is_that_of_the_outputs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("out/deep").mkdir(parents=True)
    for path in ("out/deep/a", "out/b", "log", "input"):
        Path(path).write_text(path)
    monkeypatch.setenv(VARIABLE, order("1a", ["out", "log", "lacking"]))
    write_ordered()
    digests = {
        path: hashlib.sha256(path.encode()).hexdigest() for path in ("out/deep/a", "out/b", "log")
    }
    assert complaint(Path(FILE).read_bytes(), "1a", digests) == ""
