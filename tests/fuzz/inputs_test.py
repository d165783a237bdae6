"""Spoilt requests, manifests, headers, indexes, settings and results: an answer or an error.

The seed changes daily and is printed. RULES_TRANSFORMERS_FUZZ_SEED repeats a day, and
RULES_TRANSFORMERS_FUZZ_SECONDS makes each input's part that long.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from gpu_bench.request.reader import read_request as read_benchmark_request
from gpu_bench.results.reader import read_result
from gpu_bench.testing import simulated, simulated_file
from tests.fuzz.json_mutations import mutated, spoilt
from tiny_models.fixture.integrity import verify_integrity
from tiny_models.request.manifest import NAME, digest_file
from tiny_models.request.request import read_request as read_fixture_request
from tiny_models.testing.sample_fixture import write_manifest
from tiny_models.weights.safetensors_files import INDEX, StoredTensor, write_weights
from toolkit.checkpoint import check_directory
from toolkit.errors import ToolError

_SEED = int(
    os.environ.get("RULES_TRANSFORMERS_FUZZ_SEED") or time.strftime("%Y%m%d", time.gmtime())
)
_SECONDS = float(os.environ.get("RULES_TRANSFORMERS_FUZZ_SECONDS") or 5)
# For one input, far above what any takes.
_LONGEST = 10.0


@dataclass(frozen=True)
class Subject:
    """Something that a tool reads: the file that is spoilt, and what reads it.

    ``seal`` makes the rest fit the spoilt file, so that more than its digest is looked at.
    """

    file: Path
    read: Callable[[], Any]
    seal: Callable[[], None] = lambda: None


def _fixture(directory: Path) -> Path:
    directory.mkdir()
    tensors = {
        "model.embed_tokens.weight": StoredTensor("F32", (4, 2), bytes(range(32))),
        "model.layers.0.w": StoredTensor("F32", (2, 2), bytes(range(16))),
        "model.norm.weight": StoredTensor("F32", (2,), bytes(8)),
    }
    write_weights(tensors, str(directory), 2)
    config = {
        "architectures": ["XModel"],
        "dtype": "float32",
        "vocab_size": 4,
        "hidden_size": 2,
        "num_hidden_layers": 1,
        "layer_types": ["full_attention"],
    }
    (directory / "config.json").write_text(json.dumps(config))
    write_manifest(directory, "t/x", tensors=_tensors(directory))
    return directory


def _tensors(directory: Path) -> dict[str, Any]:
    index = json.loads((directory / INDEX).read_text())["weight_map"]
    shapes = {"model.embed_tokens.weight": [4, 2], "model.layers.0.w": [2, 2]}
    return {
        name: {"dtype": "F32", "shape": shapes.get(name, [2]), "file": file}
        for name, file in index.items()
    }


def _subjects(root: Path) -> Iterator[tuple[str, Subject]]:
    fixture = _fixture(root / "fixture")

    def seal_fixture() -> None:
        values = json.loads((root / "manifest.json").read_text())
        for name in values["files"]:
            entry = digest_file(str(fixture / name))
            values["files"][name] = {"size": entry.size, "sha256": entry.sha256}
        (fixture / NAME).write_text(json.dumps(values))

    shutil.copy(fixture / NAME, root / "manifest.json")
    for name in (NAME, INDEX, "config.json", "model-00001-of-00002.safetensors"):
        seal = (lambda: None) if name == NAME else seal_fixture
        yield (
            f"fixture/{name}",
            Subject(fixture / name, lambda: verify_integrity(str(fixture)), seal),
        )
    checkpoint = root / "checkpoint"
    shutil.copytree(fixture, checkpoint)
    (checkpoint / "tokenizer_config.json").write_text('{"vocab_file": null, "a": ["b", {"c": 1}]}')
    for name in ("config.json", "tokenizer_config.json", INDEX):
        yield f"checkpoint/{name}", Subject(checkpoint / name, lambda: check_directory(checkpoint))
    requests = {
        "fixtures.json": {
            "schema": 1,
            "fixtures": [
                {
                    "address": "m:tiny",
                    "path": "m/tiny",
                    "model_type": "qwen2",
                    "architectures": ["Qwen2ForCausalLM"],
                    "config": {"hidden_size": 32},
                    "seed": 3,
                    "checks": ["forward"],
                    "repo_id": "a/b",
                }
            ],
        },
        "benchmark.json": {
            "schema": 1,
            "address": "m:bench",
            "model": {"model_type": "qwen2"},
            "config": {"hidden_size": 32},
            "device": "cpu",
            "batch_size": 1,
            "sequence_length": 8,
            "num_tokens": 4,
        },
    }
    for name, values in requests.items():
        (root / name).write_text(json.dumps(values))
    yield (
        "request of fixtures",
        Subject(root / "fixtures.json", lambda: read_fixture_request(str(root / "fixtures.json"))),
    )
    yield (
        "request of a benchmark",
        Subject(root / "benchmark.json", lambda: read_benchmark_request(root / "benchmark.json")),
    )
    side = simulated.side(simulated.MODELS[0], np.random.default_rng(1))
    document = simulated_file.document(side.measure(1, 5).first)
    (root / "result.json").write_text(json.dumps(document))
    yield "result", Subject(root / "result.json", lambda: read_result(root / "result.json"))


_NAMES = (
    *(f"fixture/{name}" for name in (NAME, INDEX, "config.json")),
    "fixture/model-00001-of-00002.safetensors",
    *(f"checkpoint/{name}" for name in ("config.json", "tokenizer_config.json", INDEX)),
    *("request of fixtures", "request of a benchmark", "result"),
)


def _header_of(content: bytes) -> tuple[Any, bytes]:
    length = int.from_bytes(content[:8], "little")
    return json.loads(content[8 : 8 + length]), content[8 + length :]


def _spoilt_file(random: Random, content: bytes) -> bytes:
    if content[:1] in (b"{", b"["):
        return mutated(random, json.loads(content))
    if random.random() < 0.2:
        return spoilt(random, content)
    header, data = _header_of(content)
    text = mutated(random, header)
    length = len(text) if random.random() < 0.9 else random.choice((0, 2**63, len(text) + 1))
    return length.to_bytes(8, "little") + text + data


@pytest.mark.parametrize("name", _NAMES)
def test_a_spoilt_input_is_read_or_refused(name: str, tmp_path: Path) -> None:
    subject = dict(_subjects(tmp_path))[name]
    subject.read()
    content = subject.file.read_bytes()
    print(f"seed {_SEED}")
    ends: Counter[str] = Counter()
    deadline = time.process_time() + _SECONDS
    number = 0
    while time.process_time() < deadline:
        number += 1
        random = Random(f"{_SEED}:{name}:{number}")
        case = _spoilt_file(random, content)
        subject.file.write_bytes(case)
        subject.seal()
        started = time.process_time()
        try:
            subject.read()
            ends["read"] += 1
        except ToolError as problem:
            ends["refused"] += 1
            assert problem.message, f"seed {_SEED}, case {number}"
            lines = problem.render().split("\n")
            assert all(line.isprintable() for line in lines), f"seed {_SEED}, case {number}"
        except BaseException as failure:
            raise AssertionError(f"seed {_SEED}, case {number}: {case[:2000]!r}") from failure
        assert time.process_time() - started < _LONGEST, f"seed {_SEED}, case {number}"
    print(f"{name}: {number} inputs, {dict(ends)}")
    # Spoiling does harm, and the reader notices.
    assert ends["refused"] > number // 10


def test_a_case_is_the_same_for_the_same_seed() -> None:
    document = {"a": [1, {"b": "c"}], "d": None}
    first = [mutated(Random(f"7:{n}"), document) for n in range(50)]
    assert first == [mutated(Random(f"7:{n}"), document) for n in range(50)]
    assert len(set(first)) > 30
