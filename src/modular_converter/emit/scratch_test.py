"""Directories of killed runs are removed, those of running ones are not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from modular_converter.emit.scratch import scratch_directory

_HOLDER = (
    "import sys\n"
    "from modular_converter.emit.scratch import scratch_directory\n"
    "with scratch_directory() as path:\n"
    "    print(path, flush=True)\n"
    "    sys.stdin.read()\n"
)


def _holder(tmp_path: Path) -> tuple[subprocess.Popen[str], Path]:
    environment = {
        **os.environ,
        "TMPDIR": str(tmp_path),
        "PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path)),
    }
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLDER],
        env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def test_only_abandoned_directories_are_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    killed, abandoned = _holder(tmp_path)
    running, kept = _holder(tmp_path)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    assert abandoned.is_dir() and kept.is_dir()
    with scratch_directory() as own:
        assert not abandoned.exists()
        assert sorted(tmp_path.iterdir()) == sorted([kept, Path(own)])
    running.communicate("")
    assert list(tmp_path.iterdir()) == []
