"""Formats that need no package of their own, and what is said where one is missing."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tiny_models.cli.main import main
from tiny_models.formats.lora import ALPHA, RANK
from tiny_models.request.manifest import NAME, digest_file, read_manifest
from tiny_models.weights.safetensors_header import read_header

_ENTRY = {
    "address": "m:tiny",
    "path": "tiny",
    "model_type": "qwen2",
    "architectures": ["Qwen2ForCausalLM"],
    "repo_id": "tiny-random/qwen2",
    "formats": ["lora", "sentence-embedding"],
}


def _build(tmp_path: Path, **changes: Any) -> int:
    request = tmp_path / "request.json"
    request.write_text(json.dumps({"schema": 1, "fixtures": [{**_ENTRY, **changes}]}))
    return main(["build", str(request), "--output", str(tmp_path / "out"), "--quiet"])


def test_an_adapter_and_sentence_embeddings(tmp_path: Path) -> None:
    assert _build(tmp_path) == 0
    directory = tmp_path / "out/tiny"
    assert main(["verify", str(directory)]) == 0
    adapter = json.loads((directory / "lora/adapter_config.json").read_text())
    assert adapter["base_model_name_or_path"] == "tiny-random/qwen2"
    assert (adapter["r"], adapter["lora_alpha"], adapter["task_type"]) == (RANK, ALPHA, "CAUSAL_LM")
    spans = read_header(str(directory / "lora/adapter_model.safetensors"))
    weights = read_manifest(str(directory)).tensors
    for name in adapter["target_modules"]:
        rows, columns = weights[f"{name}.weight"].shape
        prefix = f"base_model.model.{name}"
        assert spans[f"{prefix}.lora_A.weight"].shape == (RANK, columns)
        assert spans[f"{prefix}.lora_B.weight"].shape == (rows, RANK)
    assert len(spans) == 2 * len(adapter["target_modules"]) == 28
    modules = json.loads((directory / "modules.json").read_text())
    assert [module["path"] for module in modules] == ["", "1_Pooling", "2_Normalize"]
    pooling = json.loads((directory / "1_Pooling/config.json").read_text())
    config = json.loads((directory / "config.json").read_text())
    assert pooling["word_embedding_dimension"] == config["hidden_size"]
    before = {path: path.read_bytes() for path in directory.rglob("*") if path.is_file()}
    (directory / "fixture.json").unlink()
    directory.rename(tmp_path / "out/first")
    assert _build(tmp_path) == 0
    assert {path: path.read_bytes() for path in before} == before


def test_an_adapter_depends_on_the_seed(tmp_path: Path) -> None:
    adapters = set()
    for seed in (0, 1):
        assert _build(tmp_path, path=f"seed{seed}", seed=seed) == 0
        path = tmp_path / f"out/seed{seed}/lora/adapter_model.safetensors"
        adapters.add(path.read_bytes())
    assert len(adapters) == 2


def test_verify_finds_another_adapter(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Also if the manifest was written again."""
    assert _build(tmp_path) == 0
    directory = tmp_path / "out/tiny"
    path = directory / "lora/adapter_model.safetensors"
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    manifest = json.loads((directory / NAME).read_text())
    entry = digest_file(str(path))
    manifest["files"]["lora/adapter_model.safetensors"] = {
        "size": entry.size,
        "sha256": entry.sha256,
    }
    (directory / NAME).write_text(json.dumps(manifest))
    assert main(["verify", str(directory)]) == 1
    expected = "lora/adapter_model.safetensors is not what the config and the seed 0 give"
    assert expected in capsys.readouterr().err


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"model_type": "vit", "architectures": ["ViTModel"], "formats": ["sentence-embedding"]},
            "ViTModel has no tokenizer, which embeddings of sentences need\nhint: leave",
        ),
        (
            {"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "formats": ["lora"]},
            "has no linear layers in blocks that LoRA can change\nhint: leave `lora` out",
        ),
        ({"formats": ["ggml"]}, "a list of gguf, gguf-q8, lora, onnx, sentence-embedding"),
    ],
)
def test_what_a_model_cannot_have(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], changes: dict[str, Any], expected: str
) -> None:
    assert _build(tmp_path, **changes) == 2
    assert expected in capsys.readouterr().err
    assert not (tmp_path / "out/tiny").exists()


@pytest.mark.parametrize(("name", "package"), [("gguf", "gguf"), ("onnx", "onnxscript")])
def test_a_missing_package_is_named(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    package: str,
) -> None:
    modules: dict[str, Any] = sys.modules
    monkeypatch.setitem(modules, package, None)
    assert _build(tmp_path, formats=[name]) == 3
    error = capsys.readouterr().err
    assert f"the format `{name}` needs " in error
    assert f"`{package}`" in error
