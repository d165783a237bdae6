"""Spoilt requests, manifests, headers, indexes, settings and results of the tools with torch."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gpu_bench.request.reader import read_request as read_benchmark_request
from gpu_bench.results.reader import read_result
from gpu_bench.testing import simulated, simulated_file
from tests.fuzz.spoilt_inputs import Subject, check
from tiny_models.fixture.integrity import verify_integrity
from tiny_models.request.manifest import NAME, digest_file
from tiny_models.request.request import read_request as read_fixture_request
from tiny_models.testing.sample_fixture import write_manifest
from tiny_models.weights.safetensors_files import INDEX, StoredTensor, write_weights
from toolkit.checkpoint import check_directory


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


@pytest.mark.parametrize("name", _NAMES)
def test_a_spoilt_input_is_read_or_refused(name: str, tmp_path: Path) -> None:
    check(name, dict(_subjects(tmp_path))[name])
