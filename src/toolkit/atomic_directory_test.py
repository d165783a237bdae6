from __future__ import annotations

import errno
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from toolkit import atomic_directory
from toolkit.atomic_directory import recover, replacement

_SOURCE_ROOT = str(Path(atomic_directory.__file__).parents[1])
_NO_EXCHANGE = (
    "def exchange(one, other):\n"
    "    raise OSError(errno.ENOSYS, 'none')\n"
    "atomic_directory._exchange = exchange\n"
)


@pytest.fixture(params=["exchange", "two steps"])
def way(request: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways to replace a directory, on systems that have the first."""
    if request.param == "two steps":

        def exchange(one: Path, other: Path) -> None:
            raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

        monkeypatch.setattr(atomic_directory, "_exchange", exchange)
    return str(request.param)


def _write(target: Path, text: str) -> None:
    with replacement(target) as directory:
        (directory / "file").write_text(text)


def test_creates_and_replaces(tmp_path: Path, way: str) -> None:
    target = tmp_path / "above" / "target"
    _write(target, "old")
    (target / "more").mkdir()
    _write(target, "new")
    assert os.listdir(target) == ["file"]
    assert (target / "file").read_text() == "new"
    assert os.listdir(target.parent) == ["target"]


def test_the_mode_follows_the_umask(tmp_path: Path) -> None:
    former = os.umask(0o027)
    try:
        _write(tmp_path / "target", "text")
    finally:
        os.umask(former)
    assert (tmp_path / "target").stat().st_mode & 0o777 == 0o750


def test_a_failure_leaves_the_old_directory(tmp_path: Path, way: str) -> None:
    _write(tmp_path / "target", "old")
    with pytest.raises(ValueError, match="wrong"), replacement(tmp_path / "target"):
        raise ValueError("wrong")
    assert os.listdir(tmp_path) == ["target"]
    assert (tmp_path / "target" / "file").read_text() == "old"


def test_a_file_may_be_in_the_place(tmp_path: Path, way: str) -> None:
    (tmp_path / "target").write_text("old")
    _write(tmp_path / "target", "new")
    assert (tmp_path / "target" / "file").read_text() == "new"


_WRITER = """
import errno, sys
from pathlib import Path
from typing import Any
from toolkit import atomic_directory
{patch}
number = 0
while True:
    number += 1
    with atomic_directory.replacement(sys.argv[1]) as directory:
        for name in "abc":
            (directory / name).write_text(str(number))
"""


@pytest.mark.parametrize("patch", ["", _NO_EXCHANGE], ids=["exchange", "two steps"])
def test_killed_at_any_moment_the_old_or_the_new_is_there(tmp_path: Path, patch: str) -> None:
    target = tmp_path / "target"
    _write(target, "0")
    for _ in range(8):
        writer = subprocess.Popen(
            [sys.executable, "-c", _WRITER.format(patch=patch), str(target)],
            env={**os.environ, "PYTHONPATH": _SOURCE_ROOT},
        )
        time.sleep(0.15 + random.random() / 20)
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        if patch:
            # Two steps leave a moment without a directory, which the next run ends.
            recover(tmp_path)
        contents = {path.read_text() for path in target.iterdir()}
        assert len(contents) == 1
    _write(target, "last")
    assert os.listdir(tmp_path) == ["target"]


def test_a_reader_never_finds_nothing(tmp_path: Path) -> None:
    """On systems that can exchange two directories, as Linux can."""
    target = tmp_path / "target"
    _write(target, "0")
    if not sys.platform.startswith("linux"):
        pytest.skip("the system cannot exchange directories")
    stop = threading.Event()
    missing: list[bool] = []

    def look() -> None:
        while not stop.is_set():
            if not target.is_dir():
                missing.append(True)

    reader = threading.Thread(target=look)
    reader.start()
    for number in range(200):
        _write(target, str(number))
    stop.set()
    reader.join()
    assert not missing


def test_what_a_killed_run_moved_away_comes_back(tmp_path: Path) -> None:
    (tmp_path / ".old-dir-abcdefgh" / "target").mkdir(parents=True)
    (tmp_path / ".old-dir-abcdefgh" / "target" / "file").write_text("old")
    (tmp_path / ".new-dir-abcdefgh").mkdir()
    recover(tmp_path)
    assert (tmp_path / "target" / "file").read_text() == "old"
    assert os.listdir(tmp_path) == ["target"]


def test_the_directory_of_a_run_that_lives_is_left_alone(tmp_path: Path) -> None:
    with replacement(tmp_path / "one") as directory:
        (directory / "file").write_text("1")
        _write(tmp_path / "two", "2")
        recover(tmp_path)
        assert (directory / "file").is_file()
    assert sorted(os.listdir(tmp_path)) == ["one", "two"]
