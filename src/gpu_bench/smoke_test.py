"""The whole command on a CPU, as a user starts it: the harness cannot rot unseen."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from gpu_bench.conftest import tiny

SOURCE = str(Path(__file__).parent.parent)


def start(*arguments: Any, **environment: Any) -> Any:
    paths = [SOURCE, *(directory for directory in sys.path if directory)]
    return subprocess.run(
        [sys.executable, "-m", "gpu_bench", *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def run(tmp_path: Path, write_request: Callable[[Any], str], result_schema: dict[str, Any]) -> Any:
    def command(**fields: Any) -> Any:
        done = start("run", write_request(tiny(**fields)), "--output", str(tmp_path / "out"))
        assert done.returncode == 0, done.stderr
        result = json.loads((tmp_path / "out" / "result.json").read_text())
        jsonschema.validate(result, result_schema)
        traces = ["trace.json.gz"] * fields.get("trace", False)
        names = sorted(path.name for path in (tmp_path / "out").iterdir())
        assert names == ["result.json", *traces]
        assert result["status"] == "complete"
        return result

    return command


def test_two_processes_agree(run: Any) -> None:
    result = run(processes=2)
    assert [process["index"] for process in result["processes"]] == [0, 1]
    assert result["output"]["stable"]
    for process in result["processes"]:
        assert process["load"] > 0
        assert process["first_run"] > 0
        assert process["warmup"]["runs"] == 3
        assert process["telemetry"] is None
        assert process["memory"] == {}
        assert len(process["samples"]) == 4
        for sample in process["samples"]:
            parts = sample["time_to_first_token"] + sample["decode"]
            assert parts <= sample["end_to_end"]
    assert result["environment"]["transformers"]
    assert result["fingerprint"]["device_hash"] is None


@pytest.mark.parametrize(
    "fields",
    [
        {"cache_implementation": "static", "attn_implementation": "eager"},
        {"continuous_batching": True},
    ],
)
def test_other_ways_to_generate(run: Any, fields: Any) -> None:
    result = run(**fields)
    assert result["output"]["stable"]
    if "continuous_batching" in fields:
        # What transformers chooses on a processor.
        chosen = {"cuda_graphs": [False, False], "async_batching": False}
        assert result["environment"]["generation"] == chosen


def test_one_process_leaves_a_trace(run: Any, tmp_path: Path) -> None:
    result = run(processes=2, trace=True, sdpa_backend="math")
    assert all(sample["compilations"] == 0 for sample in result["processes"][0]["samples"])
    with gzip.open(tmp_path / "out" / "trace.json.gz", "rt") as file:
        names = {event.get("name") for event in json.load(file)["traceEvents"]}
    # The kernel that was chosen is the one that ran.
    assert "aten::_scaled_dot_product_attention_math" in names
    assert "aten::_scaled_dot_product_flash_attention_for_cpu" not in names


def test_a_tiny_fixture_with_its_tokenizer(run: Any, tmp_path: Path) -> None:
    request = tmp_path / "fixture.json"
    entry = {
        "address": "fixture",
        "path": "tiny",
        "model_type": "qwen2",
        "architectures": ["Qwen2ForCausalLM"],
    }
    request.write_text(json.dumps({"schema": 1, "fixtures": [entry]}))
    built = subprocess.run(
        [sys.executable, "-m", "tiny_models", "build", str(request), "--output", str(tmp_path)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([SOURCE, *filter(None, sys.path)])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    (config,) = (tmp_path / "tiny").rglob("config.json")
    result = run(model={"checkpoint": str(config.parent)}, config=None, sequence_length=12)
    assert result["environment"]["model"]["class"] == "Qwen2ForCausalLM"


def test_help_is_quick_and_the_parent_never_imports_torch() -> None:
    took = []
    for _ in range(5):
        started = time.monotonic()
        assert start("run", "--help").returncode == 0
        took.append(time.monotonic() - started)
    # The fastest of some: other work on the machine only adds.
    assert min(took) < 0.3
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "gpu_bench", "fingerprint", "--device", "cpu"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([SOURCE, *filter(None, sys.path)])},
        capture_output=True,
        text=True,
        check=True,
    )
    imported = {line.split("|")[-1].strip() for line in done.stderr.splitlines()}
    assert "gpu_bench.device.fingerprint" in imported
    assert not {"torch", "transformers", "numpy"} & imported
    assert json.loads(done.stdout)["digest"]


def test_a_machine_without_a_card_is_told_so(
    write_request: Callable[[Any], str], tmp_path: Path
) -> None:
    request = write_request(tiny(device="cuda"))
    done = start("run", request, "--output", str(tmp_path / "out"), CUDA_VISIBLE_DEVICES="")
    assert done.returncode == 3
    assert "error: no accelerator" in done.stderr
    assert "hint: " in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.glob("out/*"))


def test_an_output_that_cannot_be_written_is_said_at_once(
    write_request: Callable[[Any], str], tmp_path: Path
) -> None:
    (tmp_path / "out").write_text("a file")
    started = time.monotonic()
    done = start("run", write_request(tiny()), "--output", str(tmp_path / "out"))
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert time.monotonic() - started < 3
