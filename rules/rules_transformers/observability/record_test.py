"""What is remembered between runs, and what becomes of a record that is broken."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rules_transformers.observability import record
from rules_transformers.observability.process_record import Key
from rules_transformers.observability.record import Former, read_record, write_record

_KEY = Key(("a" * 64, 80), {"__parents": "b" * 64}, ("sh", "-c"), {"HOME": "c" * 16}, "d" * 16)
_FORMER = Former(_KEY, 1_000, 2, 900, ("changed m.py",))
_CACHED = Former(_KEY, 1_000, 0, None, ())


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "made" / "processes.json"
    write_record(path, {"b": _FORMER, "a": _CACHED})
    assert read_record(path) == {"a": _CACHED, "b": _FORMER}
    assert [each.name for each in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff{",
        b"[]",
        b'{"version": 2, "processes": {}}',
        b'{"version": 1}',
        b'{"version": 1, "processes": []}',
        b'{"version": 1, "processes": {"a": {}}}',
        b'{"version": 1, "processes": {"a": null}}',
    ],
)
def test_a_broken_record_is_empty(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "processes.json"
    path.write_bytes(content)
    assert read_record(path) == {}


def test_every_cut_is_empty(tmp_path: Path) -> None:
    path = tmp_path / "processes.json"
    write_record(path, {"a": _FORMER})
    content = path.read_bytes()
    for length in range(len(content)):
        path.write_bytes(content[:length])
        assert read_record(path) == {}
    assert json.loads(content)["version"] == 1


def test_what_was_not_asked_for_longest_is_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "MOST_PROCESSES", 2)
    path = tmp_path / "processes.json"
    formers = {str(asked): Former(_KEY, asked, 0, None, ()) for asked in (5, 3, 4)}
    write_record(path, formers)
    assert read_record(path).keys() == {"4", "5"}
