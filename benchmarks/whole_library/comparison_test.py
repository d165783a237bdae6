from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from benchmarks.whole_library.comparison import NoCommit, check_out, ratios, with_sums


def _stage(name: str, cpu: float, processes: int = 1, mebibytes: int = 300) -> dict:
    return {
        "name": name,
        "targets": 50,
        "cpu_seconds": cpu,
        "wall_seconds": 2 * cpu,
        "executed": processes,
        "resident": mebibytes * 2**20,
    }


def _run(own_start: float, starts: list[float], no_change: float, mebibytes: int) -> list[dict]:
    return [
        _stage("start of the daemon, Pants' own backends", own_start),
        *(_stage("start of the daemon", start) for start in starts),
        _stage("generate, nothing changed", no_change, 0, mebibytes),
    ]


def test_ratios_and_limits_stand_beside_what_they_may_be() -> None:
    old = [_stage("generate, cold", 40.0, 54), _stage("gone", 1.0)]
    new = [_stage("generate, cold", 10.0, 8), _stage("new", 1.0)]
    before = {"stages": [*_run(10.0, [14.0, 15.0, 13.0], 0.5, 1100), *old]}
    after = {"stages": [*_run(10.0, [10.5, 12.0, 11.0], 0.4, 640), *new]}
    ratio_table, limit_table = ratios("4d8cb49", before, after).split("\n\n")
    assert ratio_table.splitlines()[3:] == [
        # Of several starts each is compared with the one at its place.
        "| 50 | start of the daemon | 14.0 | 10.5 | 0.75 | 1.00 | 0.75 |  | 1 to 1 |",
        "| 50 | start of the daemon | 15.0 | 12.0 | 0.80 | 1.00 | 0.80 |  | 1 to 1 |",
        "| 50 | start of the daemon | 13.0 | 11.0 | 0.85 | 1.00 | 0.85 |  | 1 to 1 |",
        "| 50 | generate, nothing changed | 0.5 | 0.4 | 0.80 | 1.00 | 0.80 |  | 0 to 0 |",
        "| 50 | generate, cold | 40.0 | 10.0 | 0.25 | 0.33 | 0.25 | 0.50 | 54 to 8 |",
    ]
    assert limit_table.splitlines()[2:] == [
        "| 50 | start of the daemon, CPU beyond Pants' own backends | 40 % | 10 % | 15 % |",
        "| 50 | generate, nothing changed, warm daemon, wall | 1.0 s | 0.8 s | 1.0 s |",
        "| 50 | memory of the daemon, most after a run | 1100 MiB | 640 MiB | 700 MiB |",
    ]


def test_stages_that_belong_together_are_summed() -> None:
    stages = [
        _stage("fixtures, cold", 10.0, 7),
        _stage("tests, cold", 30.0, 3),
        _stage("start of the daemon", 99.0),
        _stage("start of the daemon", 8.0),
        _stage("test, nothing changed, new daemon", 5.0, 4),
    ]
    *_, fixtures, new_daemon = with_sums(stages)
    assert fixtures["name"] == "fixtures and their tests, cold"
    assert (fixtures["cpu_seconds"], fixtures["wall_seconds"], fixtures["executed"]) == (40, 80, 10)
    assert new_daemon["name"] == "new daemon and test, nothing changed"
    assert (new_daemon["cpu_seconds"], new_daemon["executed"]) == (13, 5)


def test_a_commit_is_checked_out_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = tmp_path / "repository"
    repository.mkdir()
    monkeypatch.chdir(repository)
    identity = {
        f"GIT_{who}_{what}": "x" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "x"]):
        (repository / "file").write_text("old")
        subprocess.run(["git", *command], env={**os.environ, **identity}, check=True)
    (repository / "file").write_text("new")
    check_out("HEAD", tmp_path / "there")
    assert (tmp_path / "there/file").read_text() == "old"
    assert (repository / "file").read_text() == "new"
    with pytest.raises(NoCommit, match="nonsense cannot be checked out"):
        check_out("nonsense", tmp_path / "nowhere")
