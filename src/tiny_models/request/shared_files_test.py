from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tiny_models.request.shared_files import SharedFiles, read_shared_files
from toolkit.errors import InputError

_SCHEMA = json.loads(
    (Path(__file__).parents[1] / "schemas" / "shared_files.schema.json").read_text(encoding="utf-8")
)


def _write(path: Path, *members: dict[str, Any]) -> str:
    document = {"schema": 1, "members": [*members]}
    jsonschema.validate(document, _SCHEMA)
    path.write_text(json.dumps(document))
    return str(path)


def test_files_are_linked_below_the_directory_of_their_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for number, text in enumerate(("a", "b")):
        Path(f"shared/{number}/lib").mkdir(parents=True)
        Path(f"shared/{number}/lib/core.py").write_text(text)
    file = _write(
        tmp_path / "list.json",
        {"shared/0": ["lib/core.py"]},
        {"shared/1": ["lib/core.py"]},
        {},
    )
    shared = read_shared_files(file, 3)
    for number in range(3):
        shared.link(number, tmp_path / f"member {number}")
    assert (tmp_path / "member 0/lib/core.py").read_text() == "a"
    assert (tmp_path / "member 1/lib/core.py").read_text() == "b"
    assert not (tmp_path / "member 2").exists()


def test_files_are_copied_where_there_are_no_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "link", refuse)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared/core.py").write_text("a")
    SharedFiles(({"shared": ("core.py",)},)).link(0, tmp_path / "member")
    assert (tmp_path / "member/core.py").read_text() == "a"


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ([{}], "expected the shared files of 2 requests, found those of 1"),
        ([{}, {"shared": ["../x"]}], "leads out of its directory"),
        ([{}, {"..": ["x"]}], "leads out of its directory"),
        ([{}, {"shared": "x"}], "must be"),
    ],
)
def test_a_wrong_list_is_refused(tmp_path: Path, members: list[Any], message: str) -> None:
    path = tmp_path / "list.json"
    path.write_text(json.dumps({"schema": 1, "members": members}))
    with pytest.raises(InputError, match=message) as problem:
        read_shared_files(str(path), 2)
    assert "list.json" in problem.value.render()


def test_without_a_list_nothing_is_shared() -> None:
    assert read_shared_files(None, 2) == SharedFiles(({}, {}))
