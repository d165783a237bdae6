from __future__ import annotations

import os
from pathlib import Path

import pytest
from benchmarks.whole_library import caches, generating
from benchmarks.whole_library.daemon import Daemon, find_daemon
from benchmarks.whole_library.library import Library
from benchmarks.whole_library.stage import Stage, StageFailed, counters_of

_LOG = """\
12:00:00.00 [INFO] Starting: Convert src/a.py
12:00:00.01 [INFO] Counters:
  local_cache_requests_cached: 3
  local_execution_requests: 12
"""


def test_counters_are_read_from_the_log() -> None:
    found = counters_of(_LOG)
    assert (found["local_cache_requests_cached"], found["local_execution_requests"]) == (3, 12)
    assert found["remote_cache_requests"] == 0


def _process(tmp_path: Path, status: str) -> tuple[Path, Path]:
    """A workspace that says its daemon is process 7, and what the kernel says about that one."""
    pid = tmp_path / "workspace/.pids/abc/pantsd/pid"
    pid.parent.mkdir(parents=True)
    pid.write_text("7")
    process = tmp_path / "proc/7"
    process.mkdir(parents=True)
    ticks = os.sysconf("SC_CLK_TCK")
    times = f"{ticks} {2 * ticks} {3 * ticks} {4 * ticks}"
    # From field 3, the state, to field 22, the start.
    (process / "stat").write_text(f"7 (a) b) S {'0 ' * 10}{times} 0 0 0 0 99 0\n")
    (process / "status").write_text(status)
    return tmp_path / "workspace", tmp_path / "proc"


def test_a_daemon_counts_with_its_children(tmp_path: Path) -> None:
    found = find_daemon(*_process(tmp_path, "Name:\ta\nVmHWM:\t30 kB\nVmRSS:\t20 kB\n"))
    assert found == Daemon(7, 99, 10.0, 20 * 1024, 30 * 1024)
    assert found.is_same(Daemon(7, 99, 0.0, 0, 0))
    assert not found.is_same(Daemon(7, 98, 0.0, 0, 0))
    assert not found.is_same(None)


def test_a_daemon_that_has_ended_is_none(tmp_path: Path) -> None:
    workspace, proc = _process(tmp_path, "Name:\ta\nState:\tZ (zombie)\n")
    assert find_daemon(workspace, proc) is None
    (proc / "7/stat").unlink()
    assert find_daemon(workspace, proc) is None
    assert find_daemon(tmp_path, proc) is None


def test_stages_of_a_small_library(tmp_path: Path, package: Path) -> None:
    library = Library(tmp_path / "made", package, 2)
    reported: list[Stage] = []
    stages = generating.Stages(library, caches.environment(tmp_path), reported.append)
    try:
        added = generating.tailor(stages)
        stages.run("cold", "generate", "::")
        stages.run("no-op", "generate", "::")
        with pytest.raises(StageFailed, match="ended with 1, expected 0"):
            stages.run("wrong", "list", "nowhere:nothing")
    finally:
        library.stop()
    assert added["modular_model"] == 2
    assert [stage.name for stage in reported] == [
        "start of the daemon",
        "tailor, run 1",
        "tailor, run 2",
        "cold",
        "no-op",
    ]
    # Both models have been converted, and their groups left them there.
    stored = tmp_path / "named_caches" / "rules_transformers_outcomes"
    assert len([path for path in stored.rglob("*") if path.is_file()]) == 2
    caches.forget_outcomes(tmp_path)
    assert not stored.exists()
    *_, tailored, cold, again = reported
    assert cold.started["Convert"] == 2
    assert (again.started, again.executed) == ({}, 0)
    assert cold.cpu_seconds > again.cpu_seconds > 0
    assert cold.peak >= cold.resident > 50 * 2**20
    assert not any(stage.daemon_restarted for stage in reported)
    assert tailored.targets == 2
