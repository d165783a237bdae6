"""The command that writes the tables of power, on noise of one's own."""

import json
import subprocess
import sys
from pathlib import Path

PROGRAM = Path(__file__).with_name("benchmark.py")


def run(models, path):
    path.write_text(json.dumps({"models": models}), encoding="utf-8")
    return subprocess.run(
        [sys.executable, str(PROGRAM), "--trials=5", f"--models={path}"],
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_noise_of_a_file_is_judged(tmp_path):
    models = [
        {"name": "recorded", "traces": [[1.0, 1.01, 1.02], [3.0, 3.0]], "clock": {"samples": 0.01}},
        {"name": "apart", "states": {"apart": 0.5, "share": 0.5}},
    ]
    done = run(models, tmp_path / "mine.json")
    assert done.returncode == 0, done.stderr
    _, _, recorded, apart, *_ = done.stdout.splitlines()
    assert recorded.startswith("| recorded |  | 0 / ")
    # Nothing can be said where processes take one time or half as much again.
    assert "| 0 / 0 / 100 | 100 |" in apart


def test_a_file_that_is_wrong_is_refused_where_it_is(tmp_path):
    done = run([{"name": "mine", "sampels": 0.1}], tmp_path / "mine.json")
    assert done.returncode == 2
    place = f"{tmp_path}/mine.json:1:41"
    assert done.stderr.startswith(f"{place}: error: unknown key `models[0].sampels`")
