"""`modular_converter convert`, killed, short of something, or run twice at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from modular_converter.cli import convert, job  # noqa: F401
from modular_converter.cli.main import main
from modular_converter.convert import batch  # noqa: F401
from tests.durability.writing_commands import CHECKS, WritingCommand

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


@pytest.mark.parametrize("check", CHECKS)
def test_durability(check: Callable[..., None], command: WritingCommand, tmp_path: Path) -> None:
    check(command, tmp_path)
