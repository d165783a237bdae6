"""All goals but those for GPUs, on each version of Pants that the package index has."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.end_to_end.all_tools import (
    BY_GOALS,
    GENERATED,
    specs,
    write_repository,
    write_wheel,
)
from tests.end_to_end.workspace import PANTS_VERSIONS


@pytest.mark.parametrize("pants_version", PANTS_VERSIONS)
def test_goals_on_a_version_of_pants(tmp_path: Path, pants_version: str) -> None:
    wheel = write_wheel(tmp_path / "wheels")
    workspace = write_repository(tmp_path / "workspace", wheel, pants_version)
    try:
        assert workspace.pants("--version").stdout.strip() == pants_version
        runs = {goals: workspace.pants(*goals, *specs(goals)) for goals in BY_GOALS}
        for run in runs.values():
            assert run.exit_code == 0, run.stdout + run.stderr
        assert "class LeafScale" in workspace.read(GENERATED)
        assert "acme/tiny/tiny_test.py:tests succeeded" in runs["generate", "test"].stderr
        assert "PineScale" in runs["parents",].stdout
        checked = workspace.pants("generate", "--check", "::")
        assert (checked.exit_code, checked.stdout) == (0, "")
    finally:
        workspace.stop()
