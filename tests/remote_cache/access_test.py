"""A server that asks for a token, which goes in as the guide says."""

from __future__ import annotations

from pathlib import Path

from tests.remote_cache import buildgrid
from tests.remote_cache.guide import CI
from tests.remote_cache.libraries import CONVERSIONS, EDITED, generated, library_machine
from tests.remote_cache.machine import Machine, Report

_SECRET = "of the tests, and long enough for its algorithm"


def _generate(directory: Path, address: str, prepared: Machine, token: str) -> Report:
    machine = library_machine(directory, address, CI)
    machine.workspace.write(EDITED)
    machine.takes_caches_of(prepared)
    headers = f"+{{'authorization': 'Bearer {token}'}}"
    report = machine.pants_succeeds("generate", "::", PANTS_REMOTE_STORE_HEADERS=headers)
    assert set(generated(machine)) and report.run.stdout
    _require_secret(machine, report, token)
    return report


def _require_secret(machine: Machine, report: Report, token: str) -> None:
    """What Pants says and leaves behind does not have the token."""
    assert token not in report.run.stdout + report.run.stderr
    logs = [path for path in machine.workspace.root.rglob(".pants.d/**/*") if path.is_file()]
    for path in logs:
        assert token.encode() not in path.read_bytes(), path


def test_a_token_from_the_environment(bgd: Path, runner: Machine, tmp_path: Path) -> None:
    with buildgrid.serving(bgd, tmp_path / "server", _SECRET) as server:
        good = buildgrid.token(_SECRET)
        accepted = _generate(tmp_path / "accepted", server.address, runner, good)
        assert accepted.counters["remote_cache_write_successes"] == len(CONVERSIONS)
        assert accepted.warnings == []

        bad = buildgrid.token("another one, which is long enough as well")
        refused = _generate(tmp_path / "refused", server.address, runner, bad)
        assert (set(refused.finished), refused.hits) == (set(CONVERSIONS), [])
        assert refused.warnings
        for path in server.blobs:
            content = path.read_bytes()
            assert good.encode() not in content and bad.encode() not in content
