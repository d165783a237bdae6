from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from benchmarks.whole_library.comparison import NoCommit, check_out, ratios, with_sums


def _stage(name: str, cpu: float, processes: int = 1) -> dict:
    return {
        "name": name,
        "targets": 50,
        "cpu_seconds": cpu,
        "wall_seconds": 2 * cpu,
        "executed": processes,
    }


def test_ratios_stand_beside_what_they_may_be() -> None:
    before = {"stages": [_stage("generate, cold", 40.0, 54), _stage("gone", 1.0)]}
    after = {"stages": [_stage("generate, cold", 10.0, 8), _stage("new", 1.0)]}
    assert ratios("4d8cb49", before, after).splitlines()[2:] == [
        "| 50 | generate, cold | 40.0 | 10.0 | 0.25 | 0.33 | 0.25 | 0.50 | 54 to 8 |"
    ]


def test_fixtures_and_tests_are_summed() -> None:
    stages = [_stage("fixtures, cold", 10.0, 7), _stage("tests, cold", 30.0, 3)]
    total = with_sums(stages)[-1]
    assert total["name"] == "fixtures and their tests, cold"
    assert (total["cpu_seconds"], total["wall_seconds"], total["executed"]) == (40.0, 80.0, 10)


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
