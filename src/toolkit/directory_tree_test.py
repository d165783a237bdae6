from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from toolkit.directory_tree import files_below, walk
from toolkit.errors import EnvironmentLack, InputError, ToolError


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("b/2", "b/1", "a/3", "c"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def _fail_in(name: str, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Permissions do not stop root, whom tests often run as."""
    scandir = os.scandir

    def refuse(path: str) -> Any:
        if os.path.basename(path) == name:
            raise OSError(number, os.strerror(number), path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)


def test_the_order_is_that_of_names(tree: Path) -> None:
    assert [os.path.relpath(path, tree) for path in files_below(tree)] == ["c", "a/3", "b/1", "b/2"]


@pytest.mark.parametrize(
    ("number", "kind", "hint"),
    [
        (errno.EACCES, InputError, "make the directory readable"),
        (errno.EMFILE, EnvironmentLack, "raise the limit of open files (`ulimit -n`)"),
    ],
)
def test_what_cannot_be_read_is_an_error(
    number: int, kind: type[ToolError], hint: str, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fail_in("b", number, monkeypatch)
    with pytest.raises(kind) as caught:
        list(files_below(tree))
    assert (caught.value.place, caught.value.hint) == (str(tree / "b"), hint)


def test_the_rest_can_be_read(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _fail_in("a", errno.EACCES, monkeypatch)
    problems: list[ToolError] = []
    names = [name for _, _, names in walk(tree, problems.append) for name in names]
    assert names == ["c", "1", "2"]
    assert [problem.place for problem in problems] == [str(tree / "a")]


def test_a_directory_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the directory cannot be read: No such file"):
        list(walk(tmp_path / "nowhere"))
