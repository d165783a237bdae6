"""Tensor parallelism by two processes on the CPU: what they compute, and how they end."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from gpu_bench.cli.main import main
from gpu_bench.conftest import TINY_CONFIG, tiny

# A model of which a rank does something odd at a given call of its forward pass; each process
# leaves its id in a file.
ODD = """
import os, signal, time
from pathlib import Path
import torch
from transformers import Qwen2Config, Qwen2ForCausalLM
from gpu_bench.measure import ranks
ranks.LEAST_SECONDS = {least_seconds}
rank = os.environ.get("RANK", "0")
Path(__file__).with_name("pid-" + rank).write_text(str(os.getpid()))
{at_import}

class OddForCausalLM(Qwen2ForCausalLM):
    config_class = Qwen2Config
    calls = 0

    def forward(self, *arguments, **options):
        OddForCausalLM.calls += 1
        if OddForCausalLM.calls == {call} and os.environ["RANK"] == "{rank}":
            {action}
        return super().forward(*arguments, **options)
"""
# Forward passes of a process: 4 for each run of the first, the output's, the memory's and one
# of the warm-up, then 4 for each sample.
FIRST_RUN, SECOND_SAMPLE = 2, 4 * 4 + 6
STOP = "os.kill(os.getpid(), signal.SIGSTOP)"
KILL = "os.kill(os.getpid(), signal.SIGKILL)"


@pytest.fixture
def run(
    tmp_path: Path,
    write_request: Callable[[Any], str],
    capsys: pytest.CaptureFixture[str],
    result_schema: dict[str, Any],
) -> Callable[..., tuple[int, str, Any]]:
    """Measures with ranks; returns exit code, message and result (None if there is none)."""

    def measured(ranks: int = 2, **fields: Any) -> tuple[int, str, Any]:
        request = tiny(
            tensor_parallel_size=ranks, dtype="float32", max_samples=3, max_warmup=2, **fields
        )
        output = tmp_path / f"out{ranks}"
        code = main(["run", write_request(request), "--output", str(output)])
        path = output / "result.json"
        result = json.loads(path.read_text()) if path.exists() else None
        if result is not None:
            jsonschema.validate(result, result_schema)
        message = capsys.readouterr().err
        assert "Traceback" not in message
        return code, message, result

    return measured


@pytest.fixture
def odd(
    tmp_path: Path, run: Callable[..., tuple[int, str, Any]]
) -> Callable[..., tuple[int, str, Any]]:
    """Measures an odd model; afterwards none of its processes is left."""

    def measured(
        action: str,
        call: int,
        rank: int = 1,
        least_seconds: float = 120,
        at_import: str = "",
        **fields: Any,
    ) -> tuple[int, str, Any]:
        root = tmp_path / "root"
        root.mkdir()
        source = ODD.format(
            action=action, call=call, rank=rank, least_seconds=least_seconds, at_import=at_import
        )
        (root / "odd_model.py").write_text(source)
        outcome = run(model={"module": "odd_model", "root": str(root)}, **fields)
        for number in range(2):
            assert not _runs(int((root / f"pid-{number}").read_text()))
        return outcome

    return measured


def _runs(process: int) -> bool:
    """Whether a process is there, after it had a moment to end."""
    for _ in range(20):
        try:
            state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return False
        if state == "Z":
            return False
        time.sleep(0.1)
    return True


def test_two_ranks_generate_what_one_does(run: Callable[..., tuple[int, str, Any]]) -> None:
    (_, _, alone), (code, message, shared) = run(1), run(2)
    assert (code, message) == (0, "")
    assert shared["output"]["tokens"] == alone["output"]["tokens"]
    assert shared["output"]["top_logits"] == pytest.approx(alone["output"]["top_logits"], abs=1e-4)
    assert shared["output"]["stable"]
    assert shared["environment"]["model"] == alone["environment"]["model"]
    (process,) = shared["processes"]
    assert len(process["samples"]) == 3
    assert process["warmup"]["runs"] == 2
    # Results of one device and of two are not compared.
    assert shared["fingerprint"]["accelerator"]["devices"] == 2
    assert "devices" not in alone["fingerprint"]["accelerator"]
    assert shared["fingerprint"]["digest"] != alone["fingerprint"]["digest"]


def test_two_ranks_read_a_checkpoint(
    run: Callable[..., tuple[int, str, Any]], tmp_path: Path
) -> None:
    from transformers import Qwen2Config, Qwen2ForCausalLM

    Qwen2ForCausalLM(Qwen2Config(**TINY_CONFIG)).save_pretrained(tmp_path / "model")
    source = {"model": {"checkpoint": str(tmp_path / "model")}, "config": None}
    (_, _, alone), (code, _, shared) = run(1, **source), run(2, **source)
    assert code == 0
    assert shared["output"]["tokens"] == alone["output"]["tokens"]


def test_a_killed_rank_is_named_and_ends_all(odd: Callable[..., tuple[int, str, Any]]) -> None:
    code, message, result = odd(f"os.write(2, b'last words\\n'); {KILL}", SECOND_SAMPLE)
    assert code == 3
    assert "rank 1 on the processor ended with signal SIGKILL during a run" in message
    assert "its last lines: last words" in message
    assert (result["status"], result["problem"]["kind"]) == ("partial", "device_lost")
    assert len(result["processes"][0]["samples"]) == 1


def test_a_killed_first_rank_ends_the_others(odd: Callable[..., tuple[int, str, Any]]) -> None:
    code, message, _ = odd(KILL, SECOND_SAMPLE, rank=0)
    assert code == 3
    assert "the measuring process ended with signal SIGKILL after 1 samples" in message


def test_a_rank_that_raises_is_named_with_its_error(
    odd: Callable[..., tuple[int, str, Any]],
) -> None:
    code, message, result = odd("raise ValueError('odd weights')", FIRST_RUN)
    assert code == 1
    assert "rank 1 on the processor: the model raised ValueError: odd weights" in message
    assert (result["status"], result["problem"]["kind"]) == ("failed", "failed")


def test_a_rank_out_of_memory_is_named(odd: Callable[..., tuple[int, str, Any]]) -> None:
    code, message, result = odd("raise torch.OutOfMemoryError('CUDA out of memory.')", 2, rank=0)
    assert code == 3
    assert "rank 0 on the processor: the device's memory did not suffice" in message
    assert result["problem"]["kind"] == "out_of_memory"


def test_a_rank_that_hangs_is_named(odd: Callable[..., tuple[int, str, Any]]) -> None:
    code, message, result = odd(STOP, SECOND_SAMPLE, least_seconds=2)
    assert code == 4
    assert "rank 1 on the processor, which is stopped by a signal, did not finish" in message
    assert result["problem"]["kind"] == "timeout"


def test_a_rank_that_hangs_from_the_start_is_named_at_the_time_limit(
    odd: Callable[..., tuple[int, str, Any]],
) -> None:
    at_import = "if rank == '1': time.sleep(600)"
    code, message, _ = odd("pass", 1, timeout_seconds=40, at_import=at_import)
    assert code == 4
    assert "rank 1 on the processor did not finish loading the model within" in message


def test_ranks_that_disagree_are_no_measurement(
    odd: Callable[..., tuple[int, str, Any]],
) -> None:
    action = "out = super().forward(*arguments, **options); out.logits[..., 9] += 1000; return out"
    code, message, _ = odd(action, SECOND_SAMPLE)
    assert code == 1
    assert "rank 1 on the processor generated other tokens than rank 0 on the processor" in message


@pytest.mark.parametrize(
    ("fields", "problem", "hint"),
    [
        (
            {"config": {**TINY_CONFIG, "num_key_value_heads": 1}},
            "`tensor_parallel_size` 2 does not divide the 1 heads of qwen2 (`num_key_value_heads`)",
            "divisor of 1",
        ),
        (
            {"model": {"model_type": "gpt2"}, "config": {"n_layer": 1, "n_embd": 32, "n_head": 4}},
            "gpt2 has no plan for tensor parallelism",
            "omit `tensor_parallel_size`",
        ),
    ],
)
def test_a_model_that_cannot_be_shared_is_refused(
    run: Callable[..., tuple[int, str, Any]], fields: dict[str, Any], problem: str, hint: str
) -> None:
    code, message, result = run(**fields)
    assert (code, result) == (2, None)
    assert f"error: {problem}" in message
    assert hint in message
