"""Conversions shared among processes: what they get, and what becomes of their faults."""

from __future__ import annotations

import os
import signal
from typing import Any

import pytest

from modular_converter.conftest import Workspace
from modular_converter.convert import processes
from modular_converter.convert.processes import Input, outcomes_of
from toolkit.errors import EnvironmentLack

PARENT = "class LlamaMLP:\n    size = 1\n"
MODULAR = "from ..llama.modeling_llama import LlamaMLP\n\n\nclass {}MLP(LlamaMLP):\n    pass\n"


def _inputs(workspace: Workspace, count: int = 4) -> list[Input]:
    parent = workspace.parent(PARENT)
    return [
        Input(workspace.location(workspace.modular(MODULAR.format(f"M{n}"), f"m{n}")), (parent,),
              is_sound=True)
        for n in range(count)
    ]  # fmt: skip


def _outcomes(workspace: Workspace, inputs: list[Input], jobs: int) -> tuple[list[Any], list[int]]:
    reported: list[int] = []
    made = outcomes_of(inputs, workspace.context(), jobs, False, reported.append)
    return made, reported


def _texts(outcomes: list[Any]) -> list[dict[str, str]]:
    return [dict(outcome[0]) for outcome in outcomes]


@pytest.mark.parametrize("jobs", [2, 3, 9])
def test_outcomes_are_in_the_order_of_the_inputs(workspace: Workspace, jobs: int) -> None:
    inputs = _inputs(workspace)
    alone, counted = _outcomes(workspace, inputs, 1)
    shared, counted_by_processes = _outcomes(workspace, inputs, jobs)
    assert _texts(shared) == _texts(alone)
    assert counted == [1, 2, 3, 4]
    assert sorted(counted_by_processes) == counted_by_processes
    assert counted_by_processes[-1] == 4


def test_a_parent_counts_for_the_first_that_reads_it(workspace: Workspace) -> None:
    large = workspace.parent("x = 1\n" * 40_000, "clip")
    inputs = _inputs(workspace, 20)
    inputs[0] = Input(inputs[0].location, (large,), is_sound=True)
    first, second = processes._families(inputs, 2)
    assert [*first, *second] == inputs
    assert len(first) < len(second)
    assert [len(part) for part in processes._families(inputs[1:], 2)] == [10, 9]


def test_a_fault_in_a_process_is_raised(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object, **_options: object) -> None:
        raise KeyError("a fault of the converter")

    inputs = _inputs(workspace)
    monkeypatch.setattr(processes, "convert", fail)
    with pytest.raises(KeyError, match="a fault of the converter") as raised:
        _outcomes(workspace, inputs, 2)
    assert "in fail" in str(raised.value.__cause__)


def test_a_process_that_is_killed_is_a_lack(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs = _inputs(workspace)
    monkeypatch.setattr(processes, "convert", lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL))
    with pytest.raises(EnvironmentLack, match="a process of the conversion was ended"):
        _outcomes(workspace, inputs, 2)
