"""``report`` and ``export`` as a person runs them: exit codes, messages, files."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gpu_bench.cli.main import main
from gpu_bench.testing.run_factory import MadeUp, document, write_json, write_run

SOURCES = Path(__file__).parents[2]


@pytest.fixture
def runs(tmp_path: Path) -> Any:
    made = MadeUp(samples=3)
    return write_run(tmp_path / "runs/a", made, base=MadeUp(seed=1, samples=3), commit="1" * 40)


def files(directory: Path) -> list[str]:
    return sorted(
        path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file()
    )


def test_report_writes_the_page_and_the_summary(
    runs: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", str(runs), f"--output={tmp_path / 'new/out'}"]) == 0
    assert files(tmp_path / "new/out") == ["index.html", "summary.md"]
    assert capsys.readouterr() == ("", "")


def test_report_states_the_goodput(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = document(MadeUp(samples=3))
    for process in content["processes"]:
        for sample in process["samples"]:
            sample["requests"] = [[40_000_000, 7_500_000]]
    write_json(tmp_path / "runs/result.json", content)
    arguments = ["report", str(tmp_path / "runs"), f"--output={tmp_path / 'out'}"]
    limits = ["--goodput-limit=time_to_first_token=200ms", "--goodput-limit=per_token=20ms"]
    assert main([*arguments, *limits]) == 0
    text = (tmp_path / "out/index.html").read_text(encoding="utf-8")
    assert "at most 200 ms to the first token and 20 ms for each further token" in text
    assert main([*arguments, "--goodput-limit=soon"]) == 2
    assert (
        "--goodput-limit=soon: error: 'soon' is not a limit of a request" in capsys.readouterr().err
    )


def test_slower_or_failed_is_no_failure_of_the_report(tmp_path: Path) -> None:
    problem = {"kind": "failed", "message": "m", "hint": "h"}
    failed = {"status": "failed", "processes": [], "output": None, "problem": problem}
    write_run(tmp_path / "runs", MadeUp(changes=failed))
    assert main(["report", str(tmp_path / "runs"), f"--output={tmp_path / 'out'}"]) == 0


@pytest.mark.parametrize("command", ["report", "export"])
def test_a_bad_file_is_told_and_the_rest_is_written(
    command: Any, runs: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_json(tmp_path / "runs/bad/result.json", {})
    assert main([command, str(tmp_path / "runs"), f"--output={tmp_path / 'out'}"]) == 2
    assert "bad/result.json: error: this is not a result" in capsys.readouterr().err
    assert len(files(tmp_path / "out")) == 2


def test_a_link_that_leaves_the_directory_is_not_read(
    runs: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    away = write_run(tmp_path / "away", MadeUp(samples=3))
    link = tmp_path / "runs/b/result.json"
    link.parent.mkdir()
    link.symlink_to(next(away.rglob("result.json")))
    assert main(["report", str(tmp_path / "runs"), f"--output={tmp_path / 'out'}"]) == 2
    assert f"{link}: error: this link leaves {tmp_path / 'runs'}" in capsys.readouterr().err
    assert len(files(tmp_path / "out")) == 2


@pytest.mark.parametrize("command", ["report", "export"])
def test_nothing_to_show_writes_nothing(
    command: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, str(tmp_path), f"--output={tmp_path / 'out'}"]) == 2
    error = capsys.readouterr().err
    assert "error: there is no result.json" in error
    assert "hint: " in error
    assert not (tmp_path / "out").exists()


def test_both_files_or_none(runs: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "out/summary.md").mkdir(parents=True)
    assert main(["report", str(runs), f"--output={tmp_path / 'out'}"]) == 2
    assert "summary.md: error: the file cannot be written" in capsys.readouterr().err
    assert files(tmp_path / "out") == []


def test_a_report_can_be_written_where_the_results_are(runs: Any) -> None:
    before = files(runs)
    for _ in range(2):
        assert main(["report", str(runs), f"--output={runs}"]) == 0
    assert files(runs) == sorted([*before, "index.html", "summary.md"])


def test_export_writes_both_files(runs: Any, tmp_path: Path) -> None:
    assert main(["export", str(runs), f"--output={tmp_path / 'out'}"]) == 0
    assert files(tmp_path / "out") == [
        "full_results/benchmark_run_20260301_100000.jsonl",
        "summarized_results/benchmark_run_20260301_100000.jsonl",
    ]


def test_a_missing_package_is_named(
    runs: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert main(["report", str(runs), f"--output={tmp_path / 'out'}"]) == 3
    error = capsys.readouterr().err
    assert "`report` needs matplotlib, which is not installed" in error
    assert not (tmp_path / "out").exists()


def test_bytes_do_not_depend_on_the_process(runs: Any, tmp_path: Path) -> None:
    write_json(tmp_path / "runs/b/result.json", document(MadeUp(seed=3, samples=3)))
    pages = []
    for seed in ("1", "2"):
        home = tmp_path / f"home{seed}"
        home.mkdir()
        environment = {**os.environ, "PYTHONHASHSEED": seed, "HOME": str(home)}
        environment["PYTHONPATH"] = os.pathsep.join([str(SOURCES), *filter(None, sys.path)])
        output = tmp_path / f"out{seed}"
        arguments = ["-m", "gpu_bench", "report", "runs", f"--output={output}"]
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        # Nothing is left in the home directory, such as a cache of fonts.
        assert files(home) == []
        pages.append([(output / name).read_bytes() for name in ("index.html", "summary.md")])
    assert pages[0] == pages[1]
