"""Commands of `gpu_bench` that write, killed, short of something, or run twice at once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gpu_bench.cli import baseline, export, report, reporting  # noqa: F401
from gpu_bench.cli.main import main
from gpu_bench.testing.run_factory import MadeUp, document
from tests.durability.writing_commands import CHECKS, WritingCommand


def _prepare(directory: Path, version: int) -> None:
    (directory / "runs").mkdir(exist_ok=True)
    text = json.dumps(document(MadeUp(seed=version, samples=5)))
    (directory / "runs/result.json").write_text(text)


@pytest.fixture(params=["baseline", "export"])
def command(request: Any) -> WritingCommand:
    arguments = {
        "baseline": ["baseline", "runs/result.json", "--output=out"],
        "export": ["export", "runs", "--output=out"],
    }
    return WritingCommand(main, arguments[request.param], "out", _prepare)


@pytest.mark.parametrize("check", CHECKS)
def test_durability(check: Callable[..., None], command: WritingCommand, tmp_path: Path) -> None:
    check(command, tmp_path)
