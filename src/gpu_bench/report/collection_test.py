"""Which runs are found below directories, and what is reported of the files that are of no use."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from gpu_bench.report.collection import collect
from gpu_bench.report.runs import devices
from gpu_bench.testing.run_factory import MadeUp, document, write_json, write_run
from toolkit.errors import InputError

ADDRESS = "models/qwen3:bench"


def made(seed: int = 0, **values: Any) -> MadeUp:
    return MadeUp(**{"address": ADDRESS, "seed": seed, "samples": 5, **values})


def rendered(collected: Any) -> list[str]:
    return [problem.render() for problem in collected.problems]


def test_the_rounds_of_the_build_rules_are_one_run(tmp_path: Path) -> None:
    rounds = made(1), made(2, round_number=1)
    write_run(tmp_path / "dist/a", *rounds, base=made(3), commit="c" * 40, dirty=True)
    (run,) = collect([tmp_path]).runs
    assert [result.request["round"] for result in run.rounds] == [0, 1]
    assert run.directory == "dist/a"
    assert run.label == "ccccccccc (dirty)"
    assert run.verdict is not None
    assert [process.name for process in run.processes][::3] == [
        "round 0, process 0",
        "round 1, process 1",
    ]
    assert len(run.measurement.processes) == 4


def test_rounds_are_in_order_of_their_number(tmp_path: Path) -> None:
    for number in (10, 9, 0):
        content = document(made(number, round_number=number))
        write_json(tmp_path / f"round{number}/result.json", content)
    (run,) = collect([tmp_path]).runs
    assert [result.request["round"] for result in run.rounds] == [0, 9, 10]


def test_a_result_of_the_command_line_is_a_run(tmp_path: Path) -> None:
    write_json(tmp_path / "result.json", document(made()))
    (run,) = collect([tmp_path]).runs
    assert (run.directory, run.state) == (".", "not_judged")
    assert run.label == "2026-03-01 10:00"


def test_the_two_sides_of_an_ab_run_are_one_run(tmp_path: Path) -> None:
    for side, index in (("base", 0), ("new", 1)):
        content = document(made(index, processes=1))
        content["processes"][0]["index"] = index
        write_json(tmp_path / f"ab/{side}/result.json", content)
    (run,) = collect([tmp_path]).runs
    assert run.base is not None
    assert [process.name for process in run.processes] == ["base, process 0", "new, process 1"]
    assert len(run.measurement.processes) == 1


def test_directories_called_base_and_new_may_hold_two_benchmarks(tmp_path: Path) -> None:
    write_json(tmp_path / "base/result.json", document(made()))
    write_json(tmp_path / "new/result.json", document(made(address="models/other:bench")))
    collected = collect([tmp_path])
    assert sorted(run.address for run in collected.runs) == ["models/other:bench", ADDRESS]
    assert all(run.base is None for run in collected.runs)


def test_what_lies_above_a_searched_directory_is_not_asked(tmp_path: Path) -> None:
    directory = write_run(tmp_path / "a", made(), base=made(1))
    (run,) = collect([directory / "round0"]).runs
    assert (run.directory, run.verdict) == (".", None)


def test_a_file_found_twice_counts_once(tmp_path: Path) -> None:
    write_run(tmp_path / "a", made())
    assert len(collect([tmp_path, tmp_path / "a", tmp_path]).runs) == 1


def test_a_cached_measurement_is_one_run_of_several_commits(tmp_path: Path) -> None:
    write_run(tmp_path / "first", made(), commit="1" * 40)
    write_run(tmp_path / "second", made(), commit="2" * 40)
    (run,) = collect([tmp_path]).runs
    assert [provenance.commit for provenance in run.provenances] == ["1" * 40, "2" * 40]
    assert run.label == "111111111 +1"


def test_a_measurement_that_was_judged_anew_is_another_run(tmp_path: Path) -> None:
    write_run(tmp_path / "first", made(), base=made(1), commit="1" * 40)
    write_run(tmp_path / "second", made(), base=made(2, delay=0.3), commit="2" * 40)
    assert len(collect([tmp_path]).runs) == 2


def test_runs_are_ordered_by_time_not_by_place(tmp_path: Path) -> None:
    write_run(tmp_path / "a", made(1, measured_at="2026-03-02T00:30:00+02:00"))
    write_run(tmp_path / "b", made(2, measured_at="2026-03-01T23:00:00Z"))
    write_run(tmp_path / "c", made(3, measured_at="2026-03-01T21:00:00+00:00"))
    ((benchmark,),) = [device.benchmarks for device in devices(collect([tmp_path]).runs)]
    assert [run.directory for run in benchmark.runs] == ["c", "a", "b"]


def test_fingerprints_are_never_mixed(tmp_path: Path) -> None:
    write_run(tmp_path / "a", made(1))
    write_run(tmp_path / "b", made(2, machine="other"))
    machines = devices(collect([tmp_path]).runs)
    assert [device.name for device in machines] == ["NVIDIA Example 80GB", "NVIDIA Other 24GB"]
    assert [len(device.benchmarks[0].runs) for device in machines] == [1, 1]


def test_hidden_directories_are_not_searched(tmp_path: Path) -> None:
    write_run(tmp_path / ".cache", made(1))
    write_run(tmp_path / "a", made(2))
    assert len(collect([tmp_path]).runs) == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "result.json:1:2: error: the result is not JSON"),
        ('{"schema": 7, "kind": "gpu_bench.result"}', "the result has schema 7, expected 1"),
        ("[]", "this is not a result"),
        (json.dumps({**document(made()), "measured_at": "yesterday"}), "`measured_at` must be a"),
        (json.dumps({**document(made()), "processes": [{}]}), "`processes[0]."),
    ],
)
def test_a_bad_file_does_not_lose_the_rest(tmp_path: Path, content: Any, message: Any) -> None:
    write_run(tmp_path / "good", made())
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad/result.json").write_text(content)
    collected = collect([tmp_path])
    assert [run.directory for run in collected.runs] == ["good"]
    (text,) = rendered(collected)
    assert message in text
    assert "hint: " in text


def test_a_process_of_which_the_page_cannot_tell_is_bad_too(tmp_path: Path) -> None:
    content = document(made())
    content["processes"][0]["stopped_by"] = "boredom"
    write_json(tmp_path / "result.json", content)
    with pytest.raises(InputError, match=r"processes\[0\]\.stopped_by"):
        collect([tmp_path])
    content = document(made())
    content["processes"][1]["telemetry"]["readings"][0]["power"] = "much"
    write_json(tmp_path / "result.json", content)
    with pytest.raises(InputError, match=r"processes\[1\]\.telemetry\.readings\[0\]\.power"):
        collect([tmp_path])


@pytest.mark.parametrize("name", ["verdict.json", "provenance.json"])
def test_a_bad_companion_does_not_lose_the_result(tmp_path: Path, name: Any) -> None:
    directory = write_run(tmp_path / "a", made(), base=made(1), commit="1" * 40)
    (directory / name).write_text('{"schema": 1,\n "kind": ')
    collected = collect([tmp_path])
    assert len(collected.runs) == 1
    (text,) = rendered(collected)
    assert f"{name}:2:" in text


def test_a_verdict_on_something_else_is_not_used(tmp_path: Path) -> None:
    directory = write_run(tmp_path / "a", made(), base=made(1))
    other = write_run(tmp_path / "b", made(address="models/other:bench"))
    shutil.copy(directory / "verdict.json", other / "verdict.json")
    collected = collect([tmp_path])
    assert {run.directory: run.state for run in collected.runs}["b"] == "not_judged"
    (text,) = rendered(collected)
    assert "this is not the verdict on" in text


def test_a_verdict_without_a_result_is_reported(tmp_path: Path) -> None:
    directory = write_run(tmp_path / "a", made(), base=made(1))
    (tmp_path / "lonely").mkdir()
    shutil.move(directory / "verdict.json", tmp_path / "lonely/verdict.json")
    (text,) = rendered(collect([tmp_path]))
    assert "lonely/verdict.json: error: there is no result beside this verdict" in text


def test_a_round_of_another_benchmark_is_reported(tmp_path: Path) -> None:
    write_json(tmp_path / "round0/result.json", document(made()))
    write_json(tmp_path / "round1/result.json", document(made(1, address="models/other:bench")))
    collected = collect([tmp_path])
    assert [len(run.rounds) for run in collected.runs] == [1]
    assert (
        "round1/result.json: error: this is a result of models/other:bench"
        in rendered(collected)[0]
    )


def test_a_failed_round_is_shown_with_its_problem(tmp_path: Path) -> None:
    problem = {"kind": "out_of_memory", "message": "too much", "hint": "less"}
    failed = {"status": "failed", "processes": [], "output": None, "problem": problem}
    write_run(tmp_path, made(), made(1, round_number=1, changes=failed))
    collected = collect([tmp_path])
    (run,) = collected.runs
    assert (run.state, run.reason) == ("failed", "round 1: too much")
    assert len(run.measurement.processes) == 2
    assert not collected.problems


def test_nothing_to_find_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"there is no result\.json"):
        collect([tmp_path])
    with pytest.raises(InputError, match="this is not a directory"):
        collect([tmp_path / "missing"])


def test_nothing_usable_is_an_error_that_names_each_file(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "result.json").write_text("{}")
    with pytest.raises(InputError) as caught:
        collect([tmp_path])
    assert "a/result.json: error" in caught.value.render()
    assert "b/result.json: error" in caught.value.render()
