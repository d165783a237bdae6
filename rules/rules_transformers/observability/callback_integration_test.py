"""The callback beside a real engine: runs of Pants, each with what the run before it left."""

from __future__ import annotations

import logging
import uuid
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pants.engine.fs import CreateDigest, Digest, FileContent
from pants.engine.process import FallibleProcessResult, Process
from pants.engine.rules import QueryRule
from pants.engine.streaming_workunit_handler import WorkunitsCallbackFactory
from pants.testutil.rule_runner import RuleRunner
from pants.util.frozendict import FrozenDict
from pants.util.logging import LogLevel

from rules_transformers.observability import callback
from rules_transformers.observability.callback import ProcessesCallback, ProcessesCallbackRequest
from rules_transformers.observability.record import read_record
from rules_transformers.util_rules import tool_run, tool_sources
from rules_transformers.util_rules.tool_run import ToolRun
from rules_transformers.util_rules.tool_sources import SANDBOX_DIR
from rules_transformers_contract import stored_outcomes

_SECRET = "a value that is nobody's business"


class _Pants:
    """Pants in one workspace: a daemon that can be restarted."""

    def __init__(self, directory: Path) -> None:
        self.record = directory / "made" / "processes.json"
        # Something new each time, which no cache has.
        self._nonce = uuid.uuid4().hex
        self.runner = RuleRunner(
            rules=[
                *callback.rules(),
                *tool_run.rules(),
                *tool_sources.rules(),
                QueryRule(FallibleProcessResult, [ToolRun]),
                QueryRule(FallibleProcessResult, [Process]),
                QueryRule(WorkunitsCallbackFactory, [ProcessesCallbackRequest]),
            ]
        )

    def restart(self) -> None:
        """What it had in memory is gone then; what is on disk stays."""
        self.runner.scheduler.scheduler.invalidate_all()

    def process(
        self, files: dict[str, str], script: str = "true", level: LogLevel = LogLevel.INFO
    ) -> Process:
        contents = [FileContent(path, text.encode()) for path, text in files.items()]
        return Process(
            ["/bin/sh", "-c", script],
            env={"PYTHONPATH": SANDBOX_DIR, "NONCE": self._nonce, "SECRET": _SECRET},
            input_digest=self.runner.request(Digest, [CreateDigest(contents)]),
            description="Convert m/modular_m.py",
            level=level,
        )

    def run(self, *processes: Process, says_summary: bool = True, explains: bool = True) -> None:
        """A run that asks for these processes."""
        # Begins a session.
        self.runner.set_options([])
        watcher = ProcessesCallback(self.record, says_summary=says_summary, explains=explains)
        for process in processes:
            self.runner.request(FallibleProcessResult, [ToolRun(process)])
        workunits = self.runner.scheduler.poll_workunits(LogLevel.DEBUG)
        watcher(
            started_workunits=workunits["started"],
            completed_workunits=workunits["completed"],
            finished=True,
            context=SimpleNamespace(_scheduler=self),  # type: ignore[arg-type]
        )

    def product_request(self, product: type, subjects: list[Any]) -> list[Any]:
        """As the scheduler has it. The runner's queries want an environment besides."""
        return [self.runner.request(product, [subject]) for subject in subjects]

    def ensure_directory_digest_persisted(self, digest: Digest) -> None:
        self.runner.scheduler.ensure_directory_digest_persisted(digest)


@pytest.fixture
def pants(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> _Pants:
    caplog.set_level(logging.DEBUG)
    return _Pants(tmp_path)


def _said(caplog: pytest.LogCaptureFixture) -> list[tuple[int, str]]:
    """Levels and texts of what was said since the last call."""
    said = [
        (record.levelno, record.getMessage())
        for record in caplog.records
        if record.name == callback.__name__
    ]
    caplog.clear()
    return said


def test_the_input_that_changed_is_named(pants: _Pants, caplog: pytest.LogCaptureFixture) -> None:
    files = {"m/modular_m.py": "a", "m/parent.py": "b", "__tools/x.py": "c"}
    pants.run(pants.process(files))
    (_, first), (level, line) = _said(caplog)
    assert "nothing is known of an earlier run" in first
    assert "m/parent.py" in first and "__tools/ (1 file)" in first
    assert level == logging.INFO
    assert line.startswith("rules_transformers: 1 process: 1 run (")

    pants.restart()
    process = pants.process({**files, "m/parent.py": "other"})
    # It changes with each file, and says nothing that the file does not.
    env = {**process.env, stored_outcomes.VARIABLE: stored_outcomes.order(["1a"])}
    caches = {stored_outcomes.CACHE: stored_outcomes.DIRECTORY}
    pants.run(replace(process, env=FrozenDict(env), append_only_caches=FrozenDict(caches)))
    (_, second), (_, line) = _said(caplog)
    assert second.splitlines()[1:3] == ["  changed m/parent.py", second.splitlines()[2]]
    assert second.splitlines()[2].startswith("  inputs, tree ")
    assert line.startswith("rules_transformers: 1 process: 1 run (")
    assert _SECRET not in first + second + pants.record.read_text()


def test_a_hit_is_counted_and_tells_of_the_last_run(
    pants: _Pants, caplog: pytest.LogCaptureFixture
) -> None:
    files = {"m/modular_m.py": "a"}
    for text in ("a", "b"):
        pants.run(pants.process({**files, "m/parent.py": text}, "/bin/sleep 0.2"))
    pants.restart()
    _said(caplog)
    pants.run(pants.process({**files, "m/parent.py": "b"}, "/bin/sleep 0.2"))
    (_, hit), (_, line) = _said(caplog)
    assert "from the local cache; last run here " in hit.splitlines()[0]
    assert hit.splitlines()[1] == "  changed m/parent.py"
    assert line.startswith("rules_transformers: 1 process: 1 from the local cache; about 0.")


def test_what_is_in_memory_is_no_process(pants: _Pants, caplog: pytest.LogCaptureFixture) -> None:
    process = pants.process({"m/modular_m.py": "a"})
    pants.run(process)
    before = pants.record.read_bytes()
    _said(caplog)
    pants.run(process)
    assert _said(caplog) == []
    assert pants.record.read_bytes() == before


def test_a_failure_is_reported(pants: _Pants, caplog: pytest.LogCaptureFixture) -> None:
    process = pants.process({"m/modular_m.py": "a"}, "exit 2")
    for _ in range(2):
        pants.restart()
        _said(caplog)
        pants.run(process)
    (_, second), _ = _said(caplog)
    assert "its inputs are the same, and it failed (exit code 2)" in second


@pytest.mark.parametrize("options", [{}, {"says_summary": False}])
def test_a_summary_that_nobody_asked_for(
    pants: _Pants, caplog: pytest.LogCaptureFixture, options: dict[str, bool]
) -> None:
    """Pants does not report such processes either, unless at level debug."""
    level = LogLevel.INFO if options else LogLevel.DEBUG
    pants.run(pants.process({"m/modular_m.py": "a"}, level=level), **options)
    assert {level for level, _ in _said(caplog)} == {logging.DEBUG}


def test_reasons_of_a_daemon_that_was_not_started_for_them(
    pants: _Pants, caplog: pytest.LogCaptureFixture
) -> None:
    """It keeps the level that it was started with, and would drop what is below it."""
    caplog.set_level(logging.INFO, logger=callback.__name__)
    pants.run(pants.process({"m/modular_m.py": "a"}))
    (level, reasons), _ = _said(caplog)
    assert "nothing is known of an earlier run" in reasons
    assert level == logging.INFO
    # The other way round: the daemon still says all, and this run did not ask for it.
    caplog.set_level(logging.DEBUG, logger=callback.__name__)
    pants.run(pants.process({"m/modular_m.py": "b"}), explains=False)
    ((level, line),) = _said(caplog)
    assert line.startswith("rules_transformers: 1 process: 1 run (")


def test_processes_of_others_are_left_out(pants: _Pants, caplog: pytest.LogCaptureFixture) -> None:
    other = Process(["/bin/sh", "-c", "true"], env={"PATH": "/bin"}, description="Other")
    pants.run(other)
    assert _said(caplog) == []
    assert not pants.record.exists()


def test_a_record_that_cannot_be_written_breaks_nothing(
    pants: _Pants, caplog: pytest.LogCaptureFixture
) -> None:
    pants.record.parent.write_text("a file where the directory should be")
    pants.run(pants.process({"m/modular_m.py": "a"}))
    levels, texts = zip(*_said(caplog))
    assert any("cannot be written" in text for text in texts)
    assert max(levels) == logging.INFO


def test_a_tree_that_is_gone(pants: _Pants, caplog: pytest.LogCaptureFixture) -> None:
    pants.run(pants.process({"m/modular_m.py": "a"}))
    text = pants.record.read_text()
    (fingerprint,) = (workunit.key.inputs[0] for workunit in read_record(pants.record).values())
    pants.record.write_text(text.replace(fingerprint, "0" * 64))
    _said(caplog)
    pants.run(pants.process({"m/modular_m.py": "b"}))
    (_, second), _ = _said(caplog)
    assert "changed files; which of them is not known any more" in second


@pytest.mark.parametrize(("options", "explains"), [([], False), (["-ldebug"], True)])
def test_pants_gets_it(pants: _Pants, options: list[str], explains: bool) -> None:
    pants.runner.set_options(options)
    factory = pants.runner.request(WorkunitsCallbackFactory, [ProcessesCallbackRequest()])
    made = factory.callback_factory()
    assert isinstance(made, ProcessesCallback)
    assert made._explains == explains
    assert not made.can_finish_async
