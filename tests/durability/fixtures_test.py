"""`tiny_models build`, killed, short of something, or run twice at once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from transformers import AutoModelForCausalLM, AutoTokenizer, Qwen2ForCausalLM  # noqa: F401

from tests.durability import writing_commands
from tests.durability.writing_commands import WritingCommand
from tiny_models.cli import build  # noqa: F401
from tiny_models.cli.main import main
from tiny_models.fixture import build as _build  # noqa: F401


def _prepare(directory: Path, version: int) -> None:
    fixtures = [
        {
            "address": f"models/qwen2:{name}",
            "path": f"models/{name}",
            "model_type": "qwen2",
            "architectures": ["Qwen2ForCausalLM"],
            "tokenizer": "none",
            "processors": False,
            "seed": version,
        }
        for name in ("first", "second")
    ]
    request = {"schema": 1, "fixtures": fixtures}
    (directory / "request.json").write_text(json.dumps(request))


@pytest.fixture
def command() -> WritingCommand:
    return WritingCommand(main, ["build", "request.json", "--output=out"], "out", _prepare)


def _fixture_of(path: str) -> str:
    return path.rpartition("/")[0]


def test_kills(command: WritingCommand, tmp_path: Path) -> None:
    writing_commands.check_kills(command, tmp_path, _fixture_of)


def test_small_files(command: WritingCommand, tmp_path: Path) -> None:
    writing_commands.check_small_files(command, tmp_path, _fixture_of)


def test_few_open_files(command: WritingCommand, tmp_path: Path) -> None:
    writing_commands.check_few_open_files(command, tmp_path)


def test_two_at_once(command: WritingCommand, tmp_path: Path) -> None:
    writing_commands.check_two_at_once(command, tmp_path)
