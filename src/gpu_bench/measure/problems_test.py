from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from gpu_bench.core.errors import kind_of
from gpu_bench.measure.problems import from_json, problem_of, to_json
from toolkit.errors import InputError


def caused(error: Any, cause: Any) -> Any:
    try:
        raise error from cause
    except type(error) as caught:
        return caught


def compiler_error() -> Any:
    try:
        torch.compile(lambda x: x + 1, backend="no such backend")(torch.ones(1))
    except Exception as error:  # noqa: BLE001 - whatever the compiler raises
        return error
    return None


@pytest.mark.parametrize(
    ("error", "kind", "code", "says"),
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried 2 GiB"), "out_of_memory", 3, "2 GiB"),
        (RuntimeError("[enforce fail] can't allocate memory: 9 TB"), "out_of_memory", 3, "9 TB"),
        (MemoryError(), "out_of_memory", 3, "did not suffice"),
        (compiler_error(), "compile_failed", 1, "torch.compile failed"),
        (caused(RuntimeError("in generate"), compiler_error()), "compile_failed", 1, "in generate"),
        (
            RuntimeError("CUDA error: uncorrectable ECC error encountered\n\nmore"),
            "device_lost",
            3,
            "ECC error",
        ),
        (
            RuntimeError("CUDA error: device-side assert triggered"),
            "failed",
            1,
            "failed on the device",
        ),
        (KeyError("hidden"), "failed", 1, "raised KeyError"),
    ],
)
def test_what_was_raised_is_told_apart(error: Any, kind: Any, code: Any, says: Any) -> None:
    problem = problem_of(error)
    assert (kind_of(problem), problem.exit_code) == (kind, code)
    assert says in problem.message
    assert "\n" not in problem.message


def test_the_place_is_the_models_own_code(tmp_path: Path) -> None:
    source = tmp_path / "modeling_odd.py"
    source.write_text("def forward():\n    raise ValueError('odd')\n")
    scope = {}
    exec(compile(source.read_text(), str(source), "exec"), scope)
    with pytest.raises(ValueError, match="odd") as caught:
        scope["forward"]()
    assert problem_of(caught.value).place == f"{source}:2"


def test_a_problem_travels_whole() -> None:
    problem = InputError("what", place="a.py:3", hint="do this")
    assert problem_of(problem) is problem
    copy = from_json(to_json(problem))
    assert (type(copy), copy.render()) == (InputError, problem.render())
