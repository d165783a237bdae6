"""Two machines that differ in all that the guide does not ask them to have in common."""

from __future__ import annotations

import os
from pathlib import Path

from tests.remote_cache.buildgrid import BuildGrid
from tests.remote_cache.guide import DEVELOPER
from tests.remote_cache.libraries import CONVERSIONS, OUTLINE, PEX, generated, library_machine
from tests.remote_cache.machine import Machine


def test_what_one_generated_the_other_does_not(
    runner: Machine, server: BuildGrid, tmp_path: Path
) -> None:
    blobs = set(server.blobs)
    (tmp_path / "bin").mkdir()
    developer = library_machine(
        tmp_path / "machine",
        server.address,
        DEVELOPER,
        workspace=tmp_path / "elsewhere" / "a b" / "library",
        PATH=f"{tmp_path / 'bin'}:{os.environ['PATH']}",
        LANG="de_DE.UTF-8",
        LC_ALL="C",
        TZ="Asia/Tokyo",
        USER="somebody",
    )
    report = developer.pants_succeeds("generate", "::")
    assert set(report.hits) == {PEX, OUTLINE, *CONVERSIONS}
    assert report.finished == []
    # Pants starts its own processes while it waits for the answer, and ends them then.
    assert set(report.started) <= {PEX}
    assert report.counters["remote_cache_requests_cached"] == len(report.hits)
    assert generated(developer) == generated(runner)
    # A developer's machine writes nothing to the cache.
    assert report.counters["remote_cache_write_attempts"] == 0
    assert set(server.blobs) == blobs
    assert report.warnings == []
