from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from rules_transformers.util_rules.atomic_write import write_atomically


def test_creates_the_file_and_its_directory(tmp_path: Path) -> None:
    path = tmp_path / "new" / "modeling_x.py"
    write_atomically(path, b"content")
    assert path.read_bytes() == b"content"
    assert [p.name for p in path.parent.iterdir()] == ["modeling_x.py"]


def test_keeps_the_mode_of_a_replaced_file(tmp_path: Path) -> None:
    path = tmp_path / "modeling_x.py"
    path.write_bytes(b"old")
    path.chmod(0o640)
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "modeling_x.py"
    path.write_bytes(b"old")

    def full_disk(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["modeling_x.py"]


_KILLED_WHILE_WRITING = """
import os, signal, sys
from pathlib import Path
from rules_transformers.util_rules import atomic_write

os.fsync = lambda descriptor: os.kill(os.getpid(), signal.SIGKILL)
atomic_write.write_atomically(Path(sys.argv[1]), b"new")
"""


def test_a_kill_leaves_the_old_file_and_the_next_write_cleans_up(tmp_path: Path) -> None:
    path = tmp_path / "modeling_x.py"
    path.write_bytes(b"old")
    process = subprocess.run(
        [sys.executable, "-c", _KILLED_WHILE_WRITING, str(path)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert process.returncode == -signal.SIGKILL
    assert path.read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == 2

    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert [p.name for p in tmp_path.iterdir()] == ["modeling_x.py"]


def test_the_temporary_file_of_a_running_writer_is_left_alone(tmp_path: Path) -> None:
    others = tmp_path / f".modeling_x.py.{os.getppid()}.tmp"
    others.write_bytes(b"in progress")
    write_atomically(tmp_path / "modeling_x.py", b"new")
    assert others.read_bytes() == b"in progress"
