"""`tiny_models build`, killed, short of something, or run twice at once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from transformers import AutoModelForCausalLM, AutoTokenizer, Qwen2ForCausalLM  # noqa: F401

from tests.durability.writing_commands import CHECKS, WritingCommand
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


def _fixture_of(path: str) -> str:
    return path.rpartition("/")[0]


@pytest.fixture
def command() -> WritingCommand:
    arguments = ["build", "request.json", "--output=out"]
    return WritingCommand(main, arguments, "out", _prepare, _fixture_of)


@pytest.mark.parametrize("check", CHECKS)
def test_durability(check: Callable[..., None], command: WritingCommand, tmp_path: Path) -> None:
    check(command, tmp_path)
