"""`parent_finder index`, killed, short of something, or run twice at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from parent_finder.cli import index, inputs  # noqa: F401
from parent_finder.cli.main import main
from parent_finder.testing import sample_library
from tests.durability import writing_commands
from tests.durability.writing_commands import WritingCommand


def _prepare(directory: Path, version: int) -> None:
    if not (directory / "transformers").exists():
        sample_library.write(directory)
        (directory / "out").mkdir()
    llama = directory / "transformers/models/llama/modeling_llama.py"
    llama.write_text(sample_library.LLAMA.replace("eps=1e-6", f"eps={version}"))


@pytest.fixture
def command() -> WritingCommand:
    arguments = ["index", "--source-root=.", "--cache-dir=cache", "--output=out/index"]
    return WritingCommand(main, arguments, "out", _prepare)


def test_kills(command: WritingCommand, tmp_path: Path) -> None:
    writing_commands.check_kills(command, tmp_path)


def test_small_files(command: WritingCommand, tmp_path: Path) -> None:
    writing_commands.check_small_files(command, tmp_path)


def test_few_open_files(command: WritingCommand, tmp_path: Path) -> None:
    writing_commands.check_few_open_files(command, tmp_path)


def test_two_at_once(command: WritingCommand, tmp_path: Path) -> None:
    writing_commands.check_two_at_once(command, tmp_path)
