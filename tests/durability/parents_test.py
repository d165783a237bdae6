"""`parent_finder index`, killed, short of something, or run twice at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from parent_finder.cli import index, inputs  # noqa: F401
from parent_finder.cli.main import main
from parent_finder.testing import sample_library
from tests.durability.writing_commands import CHECKS, WritingCommand


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


@pytest.mark.parametrize("check", CHECKS)
def test_durability(check: Callable[..., None], command: WritingCommand, tmp_path: Path) -> None:
    check(command, tmp_path)
