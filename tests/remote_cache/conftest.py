"""The server that the tests have in common."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.remote_cache import buildgrid
from tests.remote_cache.buildgrid import BuildGrid


@pytest.fixture(scope="session")
def bgd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program of the server."""
    return buildgrid.install(tmp_path_factory.mktemp("buildgrid") / "venv")


@pytest.fixture(scope="module")
def server(bgd: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BuildGrid]:
    """One that has nothing yet when a module's first test begins."""
    with buildgrid.serving(bgd, tmp_path_factory.mktemp("server") / "data") as running:
        yield running
