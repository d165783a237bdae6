"""`tiny_models verify` finds the reference fixtures intact, and a damaged copy not."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from tiny_models.cli.main import main

NAMES = ["tiny-random/qwen2-chat", "tiny-random/qwen2-reward", "tiny-random/qwen2-gpu-server"]


@pytest.mark.parametrize("name", NAMES)
def test_fixture_is_intact_loads_and_runs(
    name: str, tiny_fixture: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", str(tiny_fixture(name).path)]) == 0
    assert "is intact, loads and runs" in capsys.readouterr().out


@pytest.mark.parametrize(
    "file", ["config.json", "generation_config.json", "tokenizer.json", "model.safetensors"]
)
def test_one_changed_bit_is_found(
    file: str, tiny_fixture: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(tiny_fixture(NAMES[0]).path, copy)
    content = bytearray((copy / file).read_bytes())
    content[-2] ^= 1
    (copy / file).chmod(0o644)
    (copy / file).write_bytes(content)
    assert main(["verify", str(copy)]) == 1
    assert file in capsys.readouterr().err
