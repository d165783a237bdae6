"""First starts with small stand-ins for Pants and pex: interruption, company, sweeping."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import time

import pytest
import scratch


def _tree(root):
    return sorted(root.rglob("*"))


def _wait_for(path, seconds=120):
    limit = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < limit, f"{path} did not appear"
        time.sleep(0.02)


@contextlib.contextmanager
def _silent_index():
    """A package index that takes the question and never answers: yields (URL, wait)."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(120)
        held = []

        def wait():
            held.append(server.accept()[0])

        yield f"http://127.0.0.1:{server.getsockname()[1]}/", wait
        for connection in held:
            connection.close()


def _interrupt_at(workspace, stage, tmp_path, end):
    """Starts ./pants, calls `end` with the process when `stage` is reached, waits for its end."""
    if stage == "packages":
        with _silent_index() as (url, wait):
            process = workspace.start("list", PIP_FIND_LINKS=url)
            wait()
            end(process)
            process.wait(timeout=60)
    else:
        building = tmp_path / "building"
        process = workspace.start("list", SLOW_BUILD=building)
        _wait_for(building)
        end(process)
        process.wait(timeout=60)
    assert process.returncode != 0
    return process


def test_first_start_leaves_the_workspace_alone(cold):
    before = _tree(cold.root)
    result = cold.run_well("list")
    assert "pants: building the environment for Pants 2.17.1 under" in result.stderr
    assert "pants: ready after" in result.stderr
    assert _tree(cold.root) == before
    assert cold.state.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("stage", ["packages", "pex"])
@pytest.mark.parametrize("kill", [signal.SIGKILL, signal.SIGINT])
def test_interrupted_first_start_leaves_nothing_broken(cold, tmp_path, stage, kill):
    process = _interrupt_at(cold, stage, tmp_path, lambda started: os.killpg(started.pid, kill))
    said = process.stderr.read()
    assert "Traceback" not in said
    if kill == signal.SIGINT:
        assert "interrupted; the next start begins again" in said
    assert not cold.state.exists()
    cold.run_well("list")
    assert len(cold.builds) == 1
    assert cold.run_well("serve").stderr == ""


@pytest.mark.parametrize("stage", ["packages", "pex"])
def test_kill_that_leaves_children_running(cold, tmp_path, stage):
    """The bootstrap alone dies; pip or pex lives on beside the next start."""

    def kill_bootstrap(process):
        listing = subprocess.run(
            ["ps", "-A", "-ww", "-o", "pid=,args="], capture_output=True, text=True, check=True
        )
        (bootstrap,) = [
            int(line.split()[0])
            for line in listing.stdout.splitlines()
            if "bootstrap.py" in line and f" {cold.state} " in line
        ]
        os.kill(bootstrap, signal.SIGKILL)

    process = None
    try:
        if stage == "packages":
            with _silent_index() as (url, wait):
                process = cold.start("list", PIP_FIND_LINKS=url)
                wait()
                kill_bootstrap(process)
                cold.run_well("list")
        else:
            building = tmp_path / "building"
            process = cold.start("list", SLOW_BUILD=building)
            _wait_for(building)
            kill_bootstrap(process)
            cold.run_well("list")
        assert cold.run_well("serve").stderr == ""
    finally:
        if process is not None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate(timeout=60)


def test_first_starts_at_once(cold, make_small, tmp_path):
    other = make_small(tmp_path / "other", cold.environment)
    processes = [workspace.start("serve") for workspace in (cold, cold, other)]
    results = [process.communicate(timeout=240) for process in processes]
    for process, (out, err) in zip(processes, results, strict=True):
        assert process.returncode == 0, err
        assert "server serve\n" in out
    said = [err for _, err in results]
    assert sum("building the environment" in err for err in said) == 1
    assert sum("waiting for another start" in err for err in said) == 2
    assert len(cold.builds) == 1


def test_changed_pins_make_another_environment_and_the_unused_is_swept(built, make_small, tmp_path):
    first = scratch.Path(built.field("python")).parents[2]
    os.utime(first / "complete", (1, 1))
    other = make_small(tmp_path / "other", built.environment)
    requirements = other.root / "build-support" / "bootstrap" / "requirements.txt"
    text = requirements.read_text()
    requirements.write_text(text + "# 1\n")
    assert "building the environment" in other.run_well("list").stderr
    # The first workspace still uses the first one.
    assert len(built.builds) == 2
    assert built.run_well("serve").stderr == ""
    shutil.rmtree(built.root)
    requirements.write_text(text + "# 2\n")
    assert "building the environment" in other.run_well("list").stderr
    assert not first.exists()
    assert len(built.builds) == 2


def test_workspace_and_cache_with_spaces(offline, make_small, tmp_path):
    offline["XDG_CACHE_HOME"] = str(tmp_path / "ca che {x}")
    workspace = make_small(tmp_path / "a b é %41", offline)
    first = workspace.run_well("list")
    second = workspace.run_well("list")
    assert (second.stderr, second.stdout) == ("", first.stdout)
    assert "server serve\n" in workspace.run_well("serve").stdout
    # Pants opens the path as it stands in the URL.
    url = re.search("^PANTS_PEX_CLI_URL_TEMPLATE=file://(.*)$", first.stdout, re.MULTILINE)
    path = scratch.Path(url.group(1))
    assert re.fullmatch(r"/var/tmp/[\w./-]+", str(path))
    assert scratch.is_pex(path)
    shutil.rmtree(path.parent)
