from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from toolkit import atomic_file
from toolkit.atomic_file import write_files, write_text
from toolkit.errors import EnvironmentLack, InputError


def test_writes_and_replaces(tmp_path: Path) -> None:
    target = tmp_path / "a" / "b.txt"
    write_text(target, "old")
    write_text(target, "nü\n")
    assert target.read_bytes() == "nü\n".encode()
    assert os.listdir(target.parent) == ["b.txt"]


def test_a_name_may_be_as_long_as_the_system_allows(tmp_path: Path) -> None:
    target = tmp_path / ("x" * 255)
    write_text(target, "text")
    assert target.read_text() == "text"


def test_a_file_keeps_its_mode_and_a_new_one_follows_the_umask(tmp_path: Path) -> None:
    (tmp_path / "script").write_text("old")
    (tmp_path / "script").chmod(0o750)
    former = os.umask(0o027)
    try:
        write_files({tmp_path / "script": b"new", tmp_path / "fresh": b"new"})
    finally:
        os.umask(former)
    assert (tmp_path / "script").stat().st_mode & 0o777 == 0o750
    assert (tmp_path / "fresh").stat().st_mode & 0o777 == 0o640


def test_none_is_replaced_if_one_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "first").write_text("old")
    (tmp_path / "second").mkdir()
    with pytest.raises(InputError) as error:
        write_files({tmp_path / "first": b"new", tmp_path / "second": b"new"})
    assert error.value.place == str(tmp_path / "second")
    assert (tmp_path / "first").read_text() == "old"
    assert sorted(os.listdir(tmp_path)) == ["first", "second"]


def test_a_full_disk_is_the_machines_lack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(source: str, target: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(atomic_file.os, "replace", full)
    with pytest.raises(EnvironmentLack) as error:
        write_text(tmp_path / "file", "text")
    assert "free space" in error.value.hint
    assert os.listdir(tmp_path) == []


_KILLED = """
import os, signal, sys
from toolkit import atomic_file
atomic_file.os.replace = lambda source, target: os.kill(os.getpid(), signal.SIGKILL)
atomic_file.write_text(sys.argv[1], "new")
"""


def test_the_next_run_removes_what_a_killed_one_left(tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.write_text("old")
    source_root = str(Path(atomic_file.__file__).parents[1])
    killed = subprocess.run(
        [sys.executable, "-c", _KILLED, str(target)],
        env={**os.environ, "PYTHONPATH": source_root},
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    assert target.read_text() == "old"
    assert len(os.listdir(tmp_path)) == 2
    write_text(tmp_path / "other", "text")
    assert sorted(os.listdir(tmp_path)) == ["file", "other"]


def test_writers_in_one_directory_leave_each_other_alone(tmp_path: Path) -> None:
    failures: list[BaseException] = []

    def write_often(name: str) -> None:
        try:
            for number in range(50):
                write_text(tmp_path / name, f"{number}")
        except BaseException as failure:
            failures.append(failure)

    writers = [threading.Thread(target=write_often, args=(f"file{n % 4}",)) for n in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert not failures
    assert {(tmp_path / f"file{n}").read_text() for n in range(4)} == {"49"}
    assert len(os.listdir(tmp_path)) == 4


def test_a_link_to_itself_is_replaced(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(link)
    write_text(link, "text")
    assert not link.is_symlink() and link.read_text() == "text"
