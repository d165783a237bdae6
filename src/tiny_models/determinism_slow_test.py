"""Bytes over processes, threads, hash seeds, and versions of numpy and torch.

Installs another numpy from the package index, so it needs one. Another torch, which takes
gigabytes, is installed by hand: `TINY_MODELS_OTHER_TORCH` names its directory
(`pip install --no-deps --target DIR torch==VERSION`, with what that build needs).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy
import pytest

OTHER_NUMPY = "1.26.4" if numpy.__version__ != "1.26.4" else "2.0.2"
CLASSES = {
    "qwen2": "Qwen2ForCausalLM",
    "t5": "T5ForConditionalGeneration",
    "whisper": "WhisperForConditionalGeneration",
    "mamba2": "Mamba2ForCausalLM",
    "vit": "ViTForImageClassification",
    "clip": "CLIPModel",
    "deepseek_v3": "DeepseekV3ForCausalLM",
}


def build(directory: Path, reverse: bool = False, **environment: str) -> dict[str, bytes]:
    """Builds one class of each kind in a process of its own; returns all bytes by path."""
    entries = [
        {
            "address": f"{model_type}:tiny",
            "path": model_type,
            "model_type": model_type,
            "architectures": [name],
            "tokenizer": "none",
            "processors": False,
            "dtype": "bfloat16" if model_type == "t5" else "float32",
            "checks": [],
        }
        for model_type, name in CLASSES.items()
    ]
    directory.mkdir()
    request = directory / "request.json"
    ordered = entries[::-1] if reverse else entries
    request.write_text(json.dumps({"schema": 1, "fixtures": ordered}), encoding="utf-8")
    path = os.pathsep.join(filter(None, [environment.pop("FIRST", ""), *sys.path]))
    subprocess.run(
        [sys.executable, "-m", "tiny_models", "build", str(request), "--quiet",
         "--output", str(directory / "out")],
        check=True,
        stdout=subprocess.DEVNULL,
        env={"PYTHONPATH": path, "HOME": str(directory), **environment},
    )  # fmt: skip
    out = directory / "out"
    return {
        str(each.relative_to(out)): each.read_bytes()
        for each in sorted(out.rglob("*"))
        if each.is_file()
    }


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return build(tmp_path_factory.mktemp("determinism") / "reference", OMP_NUM_THREADS="1",
                 PYTHONHASHSEED="0")  # fmt: skip


def test_threads_hash_seed_and_order(tmp_path: Path, reference: dict[str, bytes]) -> None:
    again = build(tmp_path / "again", True, OMP_NUM_THREADS="2", PYTHONHASHSEED="5")
    assert again == reference


def test_vector_instructions(tmp_path: Path, reference: dict[str, bytes]) -> None:
    other = build(tmp_path / "other", ATEN_CPU_CAPABILITY="avx2")
    weights = [name for name in reference if name.endswith(".safetensors")]
    assert len(weights) == len(CLASSES)
    assert all(other[name] == reference[name] for name in weights)


def test_another_numpy(tmp_path: Path, reference: dict[str, bytes]) -> None:
    first = tmp_path / "numpy"
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
    subprocess.run(
        [tmp_path / "venv" / "bin" / "python", "-m", "pip", "install", "--quiet", "--no-deps",
         "--target", str(first), f"numpy=={OTHER_NUMPY}"],
        check=True,
    )  # fmt: skip
    found = subprocess.run(
        [sys.executable, "-c", "import numpy; print(numpy.__version__)"],
        env={"PYTHONPATH": str(first)},
        check=True,
        capture_output=True,
        text=True,
    )
    assert found.stdout.strip() == OTHER_NUMPY
    assert build(tmp_path / "other", FIRST=str(first)) == reference


def test_another_torch(tmp_path: Path, reference: dict[str, bytes]) -> None:
    first = os.environ.get("TINY_MODELS_OTHER_TORCH")
    if first is None:
        pytest.skip("not run: TINY_MODELS_OTHER_TORCH names no directory of another torch")
    found = subprocess.run(
        [sys.executable, "-c", "import torch; print(torch.__version__)"],
        env={"PYTHONPATH": os.pathsep.join(filter(None, [first, *sys.path]))},
        check=True,
        capture_output=True,
        text=True,
    )
    import torch

    assert found.stdout.strip() != torch.__version__
    assert build(tmp_path / "other", FIRST=first) == reference
