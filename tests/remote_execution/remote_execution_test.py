"""Goals on a server: one that reads the fields that Pants writes, and one that does not."""

from __future__ import annotations

from pathlib import Path

from tests.end_to_end.all_tools import (
    BY_GOALS,
    GENERATED,
    specs,
    write_repository,
    write_wheel,
)
from tests.remote_cache.machine import Machine
from tests.remote_execution.setting import WITHOUT_OUTPUTS, WORKING, machine_of, serving


def _machine(directory: Path, wheel: Path) -> Machine:
    return machine_of(directory, write_repository(directory / "workspace", wheel))


def test_a_server_does_the_work_and_a_second_machine_takes_its_results(tmp_path: Path) -> None:
    wheel = write_wheel(tmp_path / "wheels")
    with serving(tmp_path, WORKING, wheel.parent) as server:
        first = _machine(tmp_path / "first", wheel)
        reports = {
            goals: first.pants_succeeds(*server.options, *goals, *specs(goals))
            for goals in BY_GOALS
        }
        for goals, report in reports.items():
            executed = report.counters["remote_execution_success"]
            assert executed == report.counters["remote_execution_requests"]
            assert report.counters["local_execution_requests"] == 0
            assert set(BY_GOALS[goals]) <= set(report.completed)
        assert "class LeafScale" in first.workspace.read(GENERATED)
        assert "PineScale" in reports["parents",].run.stdout

        second = _machine(tmp_path / "second", wheel)
        for goals, report in reports.items():
            taken = second.pants_succeeds(*server.options, *goals, *specs(goals))
            assert taken.counters["local_execution_requests"] == 0
            assert set(BY_GOALS[goals]) <= set(taken.hits)
            assert taken.run.stdout == report.run.stdout
        assert second.workspace.read(GENERATED) == first.workspace.read(GENERATED)


def test_a_server_that_returns_no_outputs_is_one_message(tmp_path: Path) -> None:
    wheel = write_wheel(tmp_path / "wheels")
    with serving(tmp_path, WITHOUT_OUTPUTS, wheel.parent) as server:
        run = _machine(tmp_path / "machine", wheel).pants(*server.options, "generate", "::").run
        assert run.exit_code == 1
        assert run.stderr.count("the remote execution server ended the process with 0") == 1
        assert "hint: Pants 2.17.1 declares outputs in the fields of version 2.0" in run.stderr
