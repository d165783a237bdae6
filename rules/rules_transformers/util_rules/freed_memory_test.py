from __future__ import annotations

import platform
import threading
from pathlib import Path

import pytest
from pants.engine.streaming_workunit_handler import WorkunitsCallbackFactory
from pants.testutil.rule_runner import run_rule_with_mocks

from rules_transformers.util_rules import freed_memory
from rules_transformers.util_rules.freed_memory import (
    FreedMemoryCallback,
    FreedMemoryCallbackRequest,
    give_back,
    give_memory_back,
)

_BLOCKS = 100_000


def _resident_pages() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1])


def test_pages_between_what_stays_are_given_back() -> None:
    if platform.libc_ver()[0] != "glibc":
        give_back()
        return
    before = _resident_pages()
    blocks: list[bytes | None] = [bytes(1000) for _ in range(_BLOCKS)]
    for number in range(_BLOCKS):
        if number % 100:
            blocks[number] = None
    freed = _resident_pages()
    give_back()
    after = _resident_pages()
    assert after - before < (freed - before) / 2


def test_it_is_done_at_the_end_of_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    given_back = threading.Event()
    monkeypatch.setattr(freed_memory, "give_back", given_back.set)
    factory = run_rule_with_mocks(give_memory_back, rule_args=[FreedMemoryCallbackRequest()])
    assert isinstance(factory, WorkunitsCallbackFactory)
    callback = factory.callback_factory()
    assert isinstance(callback, FreedMemoryCallback)

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
