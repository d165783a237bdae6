from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from toolkit import scratch_directory as module
from toolkit.errors import EnvironmentLack
from toolkit.scratch_directory import directory_until_exit, scratch_directory

_SOURCE_ROOT = str(Path(module.__file__).parents[1])


def _python(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env={**os.environ, "PYTHONPATH": _SOURCE_ROOT},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_it_is_the_users_alone_and_goes_at_the_end(tmp_path: Path) -> None:
    with scratch_directory("some-", tmp_path) as directory:
        assert directory.parent.name.startswith("some-")
        for private in (directory, directory.parent):
            assert private.stat().st_mode & 0o777 == 0o700
        # Its content may be saved as it is: nothing of ours is among it.
        assert not os.listdir(directory)
        (directory / "sub").mkdir()
    assert not os.listdir(tmp_path)


def test_the_next_run_removes_what_a_killed_one_left(tmp_path: Path) -> None:
    program = (
        "import os, signal, sys\n"
        "from toolkit.scratch_directory import scratch_directory\n"
        "with scratch_directory('some-', sys.argv[1]) as directory:\n"
        "    (directory / 'file').write_text('left')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    assert _python(program, str(tmp_path)).returncode == -signal.SIGKILL
    (tmp_path / "some-directory-of-the-user").mkdir()
    with scratch_directory("some-", tmp_path) as used, scratch_directory("some-", tmp_path):
        assert used.is_dir()
        assert len(os.listdir(tmp_path)) == 3
    assert os.listdir(tmp_path) == ["some-directory-of-the-user"]


def test_a_directory_until_exit_goes_with_its_process(tmp_path: Path) -> None:
    program = (
        "import os, sys\n"
        "from toolkit.scratch_directory import directory_until_exit\n"
        "directory = directory_until_exit('some-', sys.argv[1])\n"
        "if os.fork() == 0:\n"
        "    sys.exit()\n"
        "os.wait()\n"
        "print(directory.is_dir())\n"
    )
    assert _python(program, str(tmp_path)).stdout == "True\n"
    assert not os.listdir(tmp_path)


def test_a_program_that_takes_over_keeps_the_directory(tmp_path: Path) -> None:
    program = (
        "import os, sys\n"
        "from toolkit.scratch_directory import directory_until_exit\n"
        "directory = directory_until_exit('some-', sys.argv[1])\n"
        "other = 'import sys; from pathlib import Path\\n'\n"
        "other += 'from toolkit.scratch_directory import scratch_directory\\n'\n"
        "other += 'with scratch_directory(\"some-\", Path(sys.argv[1]).parents[1]):\\n'\n"
        "other += '    print(Path(sys.argv[1]).is_dir())'\n"
        "os.execv(sys.executable, [sys.executable, '-c', other, str(directory)])\n"
    )
    result = _python(program, str(tmp_path))
    assert result.stdout == "True\n", result.stderr
    assert len(os.listdir(tmp_path)) == 1
    with scratch_directory("some-", tmp_path):
        pass
    assert not os.listdir(tmp_path)


def test_what_belongs_to_others_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "some-theirs").mkdir()
    (tmp_path / "some-theirs" / ".lock").touch()
    monkeypatch.setattr(module.os, "getuid", lambda: os.stat(tmp_path).st_uid + 1)
    directory_until_exit("some-", tmp_path)
    assert (tmp_path / "some-theirs").is_dir()


def test_no_place_for_it_is_the_machines_lack(tmp_path: Path) -> None:
    with (
        pytest.raises(EnvironmentLack, match="no directory for temporary files"),
        scratch_directory("some-", tmp_path / "missing"),
    ):
        pass
