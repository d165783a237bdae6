"""Two machines that differ in all that the guide does not ask them to have in common."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.end_to_end.workspace import Workspace
from tests.remote_cache.buildgrid import BuildGrid
from tests.remote_cache.guide import CI, DEVELOPER, with_settings
from tests.remote_cache.libraries import CONVERSIONS, GENERATED, LEAF, MODULARS, OUTLINE
from tests.remote_cache.machine import Machine

_PEX = "Prepare ruff"


def _machine(
    directory: Path, workspace: Path, server: BuildGrid, role: str, **environment: str
) -> Machine:
    made = Workspace(workspace)
    made.write({**MODULARS, **LEAF})
    programs = directory / "bin"
    programs.mkdir(parents=True)
    return Machine(
        directory,
        made,
        **with_settings(made, server.address, role),
        PATH=f"{programs}:{os.environ['PATH']}",
        **environment,
    )


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory, server: BuildGrid) -> Machine:
    """A runner of CI, which has built everything."""
    directory = tmp_path_factory.mktemp("runner")
    machine = _machine(directory, directory / "workspace", server, CI, LANG="C")
    report = machine.pants_succeeds("generate", "::")
    everything = {OUTLINE, _PEX, *CONVERSIONS}
    assert (set(report.finished), report.hits) == (everything, [])
    assert report.counters["remote_cache_write_successes"] == len(everything)
    return machine


def test_what_one_generated_the_other_does_not(
    runner: Machine, server: BuildGrid, tmp_path: Path
) -> None:
    blobs = set(server.blobs)
    developer = _machine(
        tmp_path / "machine",
        tmp_path / "elsewhere" / "a b" / "library",
        server,
        DEVELOPER,
        LANG="de_DE.UTF-8",
        LC_ALL="C",
        TZ="Asia/Tokyo",
        USER="somebody",
    )
    report = developer.pants_succeeds("generate", "::")
    assert set(report.hits) == {OUTLINE, _PEX, *CONVERSIONS}
    assert report.finished == []
    # Pants starts its own processes while it waits for the answer, and ends them then.
    assert set(report.started) <= {_PEX}
    assert report.counters["remote_cache_requests_cached"] == len(report.hits)
    for path in GENERATED:
        assert developer.workspace.read(path) == runner.workspace.read(path)
    # A developer's machine writes nothing to the cache.
    assert report.counters["remote_cache_write_attempts"] == 0
    assert set(server.blobs) == blobs
    assert report.warnings == []
