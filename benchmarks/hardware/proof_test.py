"""The program for a device, in small on a CPU, so that it works when there is a device."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks.hardware import shapes
from benchmarks.hardware.__main__ import PARTS, Proof


def test_the_sweep_has_each_combination_once():
    requests = list(shapes.sweep())
    assert len({request["address"] for request in requests}) == len(requests) == 2 * 3 * 3 * 2


def test_each_part_gets_a_share_of_the_time(tmp_path, monkeypatch):
    now = 1000.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    proof = Proof(tmp_path, 500, cpu=True)
    shares = []
    for number in range(len(PARTS)):
        proof.begin_part(len(PARTS) - number)
        began = now
        # The second part takes no time, which those after it share.
        while number != 1 and proof._goes_on:
            now += 1
        shares.append(now - began)
    assert shares == pytest.approx([100, 0, 134, 133, 133], abs=1)


@pytest.fixture
def prove(tmp_path):
    def command(*parts):
        program = [sys.executable, "-m", "benchmarks.hardware", "--cpu", "--trials=1"]
        return subprocess.run(
            [*program, f"--output={tmp_path}", *parts],
            env={"PYTHONPATH": ":".join([str(Path.cwd()), *(each for each in sys.path if each)])},
            capture_output=True,
            text=True,
            check=False,
        )

    return command


def test_parts_measure_once(prove, tmp_path):
    done = prove("delay-5", "stopwatch")
    assert done.returncode == 0, done.stderr
    comparison, clock = done.stdout.splitlines()
    assert re.fullmatch(r"delay-5: 5% slower, 1 trials: \w+ 1", comparison)
    assert re.match(r"stopwatch: 1 pairs, .*: median \d+\.\d{4}, ", clock)
    results = sorted(tmp_path.glob("**/result.json"))
    assert [str(result.parent.relative_to(tmp_path)) for result in results] == [
        "delay-5/0/base",
        "delay-5/0/new",
        "stopwatch/0",
    ]
    assert {json.loads(result.read_text())["status"] for result in results} == {"complete"}
    assert "0.05" in (tmp_path / "delay-5/code-0.05/delayed/modeling_delayed.py").read_text()
    times = [result.stat().st_mtime_ns for result in results]
    assert prove("delay-5", "stopwatch").stdout == done.stdout
    assert [result.stat().st_mtime_ns for result in results] == times


def test_an_unknown_part_is_refused(prove):
    done = prove("swep")
    assert done.returncode == 2
    assert "no part is named swep; there are stopwatch" in done.stderr
