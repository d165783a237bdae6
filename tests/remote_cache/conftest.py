"""The server that the tests have in common, and the machine that fills it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.remote_cache import buildgrid
from tests.remote_cache.buildgrid import BuildGrid
from tests.remote_cache.guide import CI
from tests.remote_cache.libraries import CONVERSIONS, OUTLINE, PEX, library_machine
from tests.remote_cache.machine import Machine
from tests.sampling.sampling import sample


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "sampled: one of several of its kind, of which half run")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Each machine costs a start of Pants, which has nothing to do with what it shows."""
    sampled = [item.nodeid for item in items if item.get_closest_marker("sampled")]
    left_out = set(sampled) - set(sample(sampled, 2))
    config.hook.pytest_deselected(items=[item for item in items if item.nodeid in left_out])
    items[:] = [item for item in items if item.nodeid not in left_out]


@pytest.fixture(scope="session")
def bgd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program of the server."""
    return buildgrid.install(tmp_path_factory.mktemp("buildgrid") / "venv")


@pytest.fixture(scope="session")
def server(bgd: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BuildGrid]:
    """One that has nothing yet when the first test begins."""
    with buildgrid.serving(bgd, tmp_path_factory.mktemp("server") / "data") as running:
        yield running


@pytest.fixture(scope="session")
def runner(tmp_path_factory: pytest.TempPathFactory, server: BuildGrid) -> Machine:
    """A runner of CI, which has generated everything and given it to the server."""
    machine = library_machine(tmp_path_factory.mktemp("runner"), server.address, CI)
    report = machine.pants_succeeds("generate", "::")
    everything = {PEX, OUTLINE, *CONVERSIONS}
    assert (set(report.finished), report.hits) == (everything, [])
    assert report.counters["remote_cache_write_successes"] == len(everything)
    return machine
