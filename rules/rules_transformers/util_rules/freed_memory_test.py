from __future__ import annotations

import platform
import threading

import pytest
from pants.engine.streaming_workunit_handler import WorkunitsCallbackFactory
from pants.testutil.rule_runner import run_rule_with_mocks

from rules_transformers.util_rules.freed_memory import (
    Daemon,
    FreedMemoryCallback,
    FreedMemoryCallbackRequest,
    give_memory_back,
    resident,
)

_BLOCKS = 400_000


def _blocks_far_apart() -> list[bytes]:
    """Few of many blocks: what lies between them is free."""
    return [bytes(1000) for _ in range(_BLOCKS)][::100]


def test_pages_between_what_stays_are_given_back() -> None:
    if platform.libc_ver()[0] != "glibc":
        Daemon().give_back()
        return
    before = resident()
    blocks = _blocks_far_apart()
    freed = resident()
    daemon = Daemon(least=before)
    daemon.give_back()
    assert blocks
    assert resident() - before < (freed - before) / 2
    assert daemon.least < freed


def test_little_growth_is_kept() -> None:
    # More than there is: the process has become smaller.
    daemon = Daemon(least=2**50)
    daemon.give_back()
    assert daemon.least == 2**50


def test_it_is_done_at_the_end_of_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    given_back = threading.Event()
    monkeypatch.setattr(Daemon, "give_back", lambda _: given_back.set())
    factory = run_rule_with_mocks(give_memory_back, rule_args=[FreedMemoryCallbackRequest()])
    assert factory == WorkunitsCallbackFactory(FreedMemoryCallback)
    callback = FreedMemoryCallback()

    def poll(*, finished: bool) -> None:
        callback(
            started_workunits=(),
            completed_workunits=(),
            finished=finished,
            context=None,  # type: ignore[arg-type]
        )

    poll(finished=False)
    assert not given_back.wait(0.1)
    poll(finished=True)
    assert given_back.wait(60)
