"""A BuildGrid server on this machine: an engine of others that speaks the Remote Execution API."""

from __future__ import annotations

import base64
import hmac
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.remote_cache import server_process

# At the root of the repository, or of a sandbox laid out like it.
_REQUIREMENTS = Path("tests/remote_cache/buildgrid.txt").absolute()
_NEEDED = (3, 13)
_CONFIG = """\
server:
  - !channel
    address: 127.0.0.1:{port}
    insecure-mode: true
authorization:
  {authorization}
# As many as it takes by default on two cores; it refuses what is more.
thread-pool-size: 10
storages:
  - !disk-storage &blobs
    path: {directory}
caches:
  - !lru-action-cache &results
    storage: *blobs
    max-cached-refs: 10000
    allow-updates: true
instances:
  - name: ""
    services:
      - !action-cache
        cache: *results
      - !cas
        storage: *blobs
      - !bytestream
        storage: *blobs
"""
_EVERYBODY = "method: none"
_WITH_TOKEN = "method: jwt\n  algorithm: hs256\n  secret: {file}"
_SECONDS_TO_START = 120


class NoServer(Exception):
    """The server cannot be run on this machine."""


@dataclass(frozen=True)
class BuildGrid:
    """A running server.

    :param port: on 127.0.0.1.
    :param directory: where its blobs lie as files.
    """

    port: int
    directory: Path

    @property
    def address(self) -> str:
        """As Pants names it."""
        return f"grpc://127.0.0.1:{self.port}"

    @property
    def blobs(self) -> list[Path]:
        """The files of all blobs; the path's last two parts together are the SHA-256."""
        return [path for path in self.directory.glob("cas/objects/*/*") if path.is_file()]

    def blob(self, digest: str) -> Path:
        """The file of the blob with this SHA-256."""
        return self.directory / "cas/objects" / digest[:2] / digest[2:]


def install(directory: Path) -> Path:
    """Makes an environment with the pinned server; the path of its program.

    :raises NoServer: if no interpreter is new enough, or the packages cannot be installed.
    """
    subprocess.run([_find_python(), "-m", "venv", directory], check=True)
    installed = subprocess.run(
        [
            *(directory / "bin/python", "-m", "pip", "--disable-pip-version-check", "--quiet"),
            *("install", "--require-hashes", "--only-binary=:all:", f"-r{_REQUIREMENTS}"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if installed.returncode != 0:
        raise NoServer(
            f"BuildGrid cannot be installed\n{installed.stderr}"
            "hint: the packages of tests/remote_cache/buildgrid.txt must be on pip's index"
        )
    return directory / "bin/bgd"


def token(secret: str) -> str:
    """A token that a server with this secret takes for the next hour."""
    header = {"alg": "HS256", "typ": "JWT"}
    claims = {"sub": "tests", "exp": int(time.time()) + 3600}
    signed = ".".join(_base64(json.dumps(part).encode()) for part in (header, claims))
    signature = hmac.digest(secret.encode(), signed.encode(), "sha256")
    return f"{signed}.{_base64(signature)}"


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


@contextmanager
def serving(program: Path, directory: Path, secret: str | None = None) -> Iterator[BuildGrid]:
    """A server of its own, empty at first, that ends with the context.

    :param secret: what tokens must be signed with; None if none is asked for.
    :raises NoServer: if it does not start.
    """
    directory.mkdir(parents=True)
    authorization = _EVERYBODY
    if secret is not None:
        (directory / "secret").write_text(secret)
        authorization = _WITH_TOKEN.format(file=directory / "secret")
    for _ in range(3):
        port = server_process.free_port()
        config = directory / "cache.yml"
        config.write_text(
            _CONFIG.format(
                port=port,
                directory=directory / "storage",
                authorization=authorization,
            )
        )
        with (directory / "log").open("w") as log:
            process = subprocess.Popen(
                [program, "server", "start", config], stdout=log, stderr=log, cwd=directory
            )
        try:
            if server_process.answers(process, port, _SECONDS_TO_START):
                yield BuildGrid(port, directory / "storage")
                return
        finally:
            server_process.end(process)
    raise NoServer(f"BuildGrid does not start\n{(directory / 'log').read_text()}")


def _find_python() -> str:
    candidates = [shutil.which(f"python3.{minor}") for minor in (13, 14)]
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    candidates += sorted(map(str, pyenv.glob("versions/3.1[34].*/bin/python")))
    # Those on PATH may be pyenv's, which work only when their version is selected.
    for candidate in filter(None, candidates):
        if _is_new_enough(candidate):
            return candidate
    if uv := shutil.which("uv"):
        version = ".".join(map(str, _NEEDED))
        for command in (["find"], ["install", "--quiet"], ["find"]):
            found = subprocess.run(
                [uv, "python", *command, version], capture_output=True, text=True, check=False
            )
            if found.returncode == 0 and _is_new_enough(found.stdout.strip()):
                return found.stdout.strip()
    raise NoServer(
        "no CPython 3.13 or newer, which the cache server of these tests needs, was found on PATH, "
        "in pyenv or through uv\n"
        "hint: `pyenv install 3.13` or `uv python install 3.13`; `--tag=-remote-cache` leaves "
        "these tests out"
    )


def _is_new_enough(python: str) -> bool:
    program = f"import sys; raise SystemExit(sys.version_info < {_NEEDED})"
    try:
        return subprocess.run([python, "-c", program], capture_output=True).returncode == 0
    except OSError:
        return False
