"""First starts with the real pins from the real package index."""

import os
import re
import signal
import subprocess
import sys
import time
import venv

import pex_binary
import pytest
import scratch

_SECONDS = 900


@pytest.fixture
def real(tmp_path):
    """A workspace with the checked-in pins, and pip configured as it is on this machine."""
    pip = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_"))}
    environment = {**scratch.base_environment(tmp_path), **pip, "PANTS_PANTSD": "false"}
    return scratch.make_workspace(tmp_path / "repository", environment)


def test_killed_first_start_then_two_at_once(real):
    """The environment that comes of it runs Pants, and the pex binary is the expected one."""
    process = real.start("--version")
    limit = time.monotonic() + _SECONDS
    while not list(real.cache.glob("builds/*/venv/lib/*/site-packages/pip")):
        assert process.poll() is None and time.monotonic() < limit
        time.sleep(0.1)
    time.sleep(2)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    assert process.returncode != 0

    processes = [real.start("--version") for _ in range(2)]
    results = [process.communicate(timeout=_SECONDS) for process in processes]
    for process, (out, err) in zip(processes, results, strict=True):
        assert (process.returncode, out) == (0, "2.17.1\n"), err
    assert sum("building the environment" in err for _, err in results) == 1
    assert len(real.builds) == 1

    requirements = (scratch.REPOSITORY / "build-support/bootstrap/requirements.txt").read_text()
    version, _ = pex_binary.pin_of(requirements, "pex")
    pex = scratch.Path(real.field("pex"))
    # build_pex refuses another digest than the one it knows for this version.
    assert version in pex_binary._EXPECTED
    assert pex.parent.name == pex_binary._EXPECTED[version][0]


@pytest.mark.parametrize("umask", [0o022, 0o077])
def test_pex_binary_is_the_same_from_every_interpreter(tmp_path, umask):
    """Whatever builds it on whatever machine: its digest is part of shared cache keys."""
    requirements = (scratch.REPOSITORY / "build-support/bootstrap/requirements.txt").read_text()
    _, pin = pex_binary.pin_of(requirements, "pex")

    # The environment that this test runs in has no pip of its own.
    venv.create(tmp_path / "venv", with_pip=True)

    def pip(*arguments):
        subprocess.run([tmp_path / "venv/bin/python", "-m", "pip", *arguments], check=True)

    before = os.umask(umask)
    try:
        built = {
            python: pex_binary.build_pex(str(tmp_path / str(i)), pin + "\n", python, pip)
            for i, python in enumerate(_interpreters())
        }
    finally:
        os.umask(before)
    digests = {pex_binary.digest_and_size(path) for path in built.values()}
    assert len(digests) == 1
    path = next(iter(built.values()))
    run = subprocess.run(
        [next(iter(built)), path, "--version"], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == re.match(r"pex==(\S+)", pin).group(1)


def _interpreters():
    """The interpreter of this test, and those of pyenv that Pants runs on."""
    versions = scratch.Path(
        os.environ.get("PYENV_ROOT", scratch.Path.home() / ".pyenv"), "versions"
    )
    found = [str(path) for path in sorted(versions.glob("3.[789].*/bin/python"))]
    return [*found, sys.executable]
