"""Measuring processes that die, hang or fail, through module models that do so."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from gpu_bench.cli.main import main
from gpu_bench.conftest import SCHEMAS, tiny

# A model that does something odd at a given call of its forward pass.
ODD = """
import os, signal, time
import torch
from transformers import Qwen2Config, Qwen2ForCausalLM

class OddForCausalLM(Qwen2ForCausalLM):
    config_class = Qwen2Config
    calls = 0

    def forward(self, *arguments, **options):
        OddForCausalLM.calls += 1
        if OddForCausalLM.calls == {call}:
            {action}
        return super().forward(*arguments, **options)
"""
# Forward passes of a process: 4 for each run of the first, the output's, the memory's and two
# of the warm-up, then 4 for each sample.
FIRST_RUN, SECOND_SAMPLE = 2, 4 * 5 + 6


@pytest.fixture
def measure(
    tmp_path: Path,
    write_request: Callable[[Any], str],
    capsys: pytest.CaptureFixture[str],
    result_schema: dict[str, Any],
) -> Any:
    """Measures an odd model; returns exit code, message and result (None if there is none)."""

    def run(action: Any, call: Any, source: Any = ODD, **fields: Any) -> Any:
        root = tmp_path / "root"
        root.mkdir(exist_ok=True)
        (root / "odd_model.py").write_text(source.format(action=action, call=call))
        request = tiny(model={"module": "odd_model", "root": str(root)}, telemetry=False, **fields)
        code = main(["run", write_request(request), "--output", str(tmp_path / "out")])
        path = tmp_path / "out" / "result.json"
        result = json.loads(path.read_text()) if path.exists() else None
        if result is not None:
            jsonschema.validate(result, result_schema)
        message = capsys.readouterr().err
        assert "Traceback" not in message
        return code, message, result

    return run


def test_a_killed_process_leaves_its_samples(measure: Any) -> None:
    code, message, result = measure("os.kill(os.getpid(), signal.SIGKILL)", SECOND_SAMPLE)
    assert code == 3
    assert "ended with signal SIGKILL after 1 samples" in message
    assert (result["status"], result["problem"]["kind"]) == ("partial", "device_lost")
    (process,) = result["processes"]
    assert (len(process["samples"]), process["stopped_by"]) == (1, "problem")
    assert result["output"]["tokens"]


def test_a_process_that_ends_in_its_first_run_has_failed(
    measure: Any,
) -> None:
    code, message, result = measure("print('last words', flush=True); os._exit(7)", FIRST_RUN)
    assert (code, result["problem"]["kind"]) == (1, "failed")
    assert "exit code 7 during the first run; its last lines: last words" in message
    assert (result["status"], result["output"]) == ("failed", None)


def test_the_last_words_may_say_that_it_was_the_device(measure: Any) -> None:
    words = "CUDA error: uncorrectable ECC error encountered"
    code, _, result = measure(f"print({words!r}, flush=True); os.abort()", FIRST_RUN)
    assert (code, result["problem"]["kind"]) == (3, "device_lost")


def test_a_hanging_process_is_ended_at_the_time_limit(measure: Any, tmp_path: Path) -> None:
    action = f"open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid())); time.sleep(999)"
    started = time.monotonic()
    code, message, result = measure(action, SECOND_SAMPLE, timeout_seconds=45)
    assert time.monotonic() - started < 90
    assert code == 4
    assert "time limit" in message
    assert result["status"] == "partial"
    assert result["problem"]["kind"] == "timeout"
    assert result["processes"][0]["stopped_by"] == "timeout"
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_out_of_memory_is_said_so(measure: Any) -> None:
    code, message, result = measure(
        "raise torch.OutOfMemoryError('CUDA out of memory. Tried to allocate 9 GiB')", FIRST_RUN
    )
    assert code == 3
    assert "9 GiB" in message
    assert "hint: lower `batch_size`" in message
    assert result["problem"]["kind"] == "out_of_memory"


def test_an_error_of_the_model_is_located_and_its_traceback_kept(
    measure: Any, tmp_path: Path
) -> None:
    code, message, result = measure("raise KeyError('hidden')", FIRST_RUN)
    assert code == 1
    assert "odd_model.py:13: error: the model raised KeyError: 'hidden'" in message
    assert result["problem"]["kind"] == "failed"
    assert "Traceback" in (tmp_path / "out" / "log.txt").read_text()


def test_nan_is_its_own_problem(measure: Any) -> None:
    action = (
        "out = super().forward(*arguments, **options); out.logits[:] = float('nan'); return out"
    )
    code, message, result = measure(action, 4 + 2)
    assert code == 1
    assert "logits at token 2 are not finite" in message
    assert result["problem"]["kind"] == "not_finite"


def test_a_wrong_request_leaves_no_result(measure: Any, tmp_path: Path) -> None:
    code, message, result = measure("pass", 1, source="# no model here: {call} {action}\n")
    assert code == 2
    assert "no model that generates text" in message
    assert result is None
    assert list((tmp_path / "out").iterdir()) == []


def test_an_unsteady_model_is_not_stable(measure: Any) -> None:
    action = "out = super().forward(*arguments, **options); out.logits[..., 9] += 1000; return out"
    code, _, result = measure(action, SECOND_SAMPLE)
    assert code == 0
    assert result["output"]["stable"] is False


def test_caches_of_compilers_are_new_in_every_process(measure: Any, tmp_path: Path) -> None:
    names = ("TORCHINDUCTOR_CACHE_DIR", "TRITON_CACHE_DIR", "CUDA_CACHE_PATH")
    record = (
        f"open({str(tmp_path / 'caches')!r}, 'a')"
        f".write(' '.join(map(os.environ.get, {names!r})) + chr(10))"
    )
    code, _, result = measure(record, 1, processes=2)
    assert code == 0
    assert [process["index"] for process in result["processes"]] == [0, 1]
    first, second = (tmp_path / "caches").read_text().splitlines()
    assert not set(first.split()) & set(second.split())
    assert not any(Path(part).parent.exists() for part in (*first.split(), *second.split()))


def test_the_schema_knows_every_kind_of_problem() -> None:
    from gpu_bench.measure.problems import KINDS

    schema = json.loads((SCHEMAS / "result.schema.json").read_text())
    kinds = schema["properties"]["problem"]["properties"]["kind"]["enum"]
    # What is wrong with the input is said before anything is measured, and writes no result.
    assert set(KINDS) == {*kinds, "wrong_input"}
