"""`modular_converter convert`, killed, short of something, or run twice at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from modular_converter.cli import convert, job  # noqa: F401
from modular_converter.cli.main import main
from modular_converter.convert import batch  # noqa: F401
from tests.durability import writing_commands
from tests.durability.writing_commands import WritingCommand

_PARENT = """
class LlamaMLP:
    def forward(self, x):
        return x
"""
_MODULAR = """
from transformers.models.llama.modeling_llama import LlamaMLP


class {name}Config:
    size = {size}


class {name}MLP(LlamaMLP):
    scale = {size}
"""


def _prepare(directory: Path, version: int) -> None:
    for package in ("transformers", "transformers/models", "transformers/models/llama"):
        (directory / package).mkdir(exist_ok=True)
        (directory / package / "__init__.py").touch()
    (directory / "transformers/models/llama/modeling_llama.py").write_text(_PARENT)
    for name in ("Oak", "Elm", "Ash"):
        model = directory / "models" / name.lower()
        model.mkdir(parents=True, exist_ok=True)
        text = _MODULAR.format(name=name, size=version)
        (model / f"modular_{name.lower()}.py").write_text(text)


@pytest.fixture
def command() -> WritingCommand:
    arguments = ["convert", "models", "--search-path=.", "--output-dir=out"]
    return WritingCommand(main, arguments, "out", _prepare)


def test_kills(command: WritingCommand, tmp_path: Path) -> None:
    writing_commands.check_kills(command, tmp_path)


def test_small_files(command: WritingCommand, tmp_path: Path) -> None:
    writing_commands.check_small_files(command, tmp_path)


def test_few_open_files(command: WritingCommand, tmp_path: Path) -> None:
    writing_commands.check_few_open_files(command, tmp_path)


def test_two_at_once(command: WritingCommand, tmp_path: Path) -> None:
    writing_commands.check_two_at_once(command, tmp_path)
