"""Watches runs of Pants: says at their end what caches saved, and when debugged, why work was done.

It looks on from outside: no rule gets what it remembers, and no result depends on it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pants.engine.fs import Digest, DigestEntries, Directory, FileEntry, SymlinkEntry
from pants.engine.internals.scheduler import ExecutionError
from pants.engine.rules import QueryRule, Rule, collect_rules, rule
from pants.engine.streaming_workunit_handler import (
    StreamingWorkunitContext,
    WorkunitsCallback,
    WorkunitsCallbackFactory,
    WorkunitsCallbackFactoryRequest,
)
from pants.engine.unions import UnionRule
from pants.option.global_options import GlobalOptions
from pants.util.logging import LogLevel

from rules_transformers.observability.explanation import Files, explanation, reasons
from rules_transformers.observability.process_record import Asked, Source, asked_process
from rules_transformers.observability.record import Former, read_record, write_record
from rules_transformers.observability.summary import summary
from rules_transformers.util_rules.tool_run import INPUTS
from rules_transformers.util_rules.tool_sources import RulesTransformers

logger = logging.getLogger(__name__)

# Below the directory that Pants keeps for a workspace.
_RECORD = Path("rules_transformers", "processes.json")


class ProcessesCallback(WorkunitsCallback):
    """Gathers the tools' processes of one run, and speaks when it ends.

    :param record: the file that remembers them until the next run.
    :param says_summary: whether the summary is for everybody, and not only for `-ldebug`.
    :param explains: whether the run was started with `-ldebug`.
    """

    def __init__(self, record: Path, *, says_summary: bool, explains: bool) -> None:
        super().__init__()
        self._record = record
        self._says_summary = says_summary
        self._explains = explains
        self._asked: list[Asked] = []
        self._inputs: dict[str, Digest] = {}

    @property
    def can_finish_async(self) -> bool:
        # Later, it would speak to the daemon's log and not to the user.
        return False

    def __call__(
        self,
        *,
        started_workunits: tuple[dict[str, Any], ...],  # noqa: ARG002 - Pants passes it
        completed_workunits: tuple[dict[str, Any], ...],
        finished: bool,
        context: StreamingWorkunitContext,
    ) -> None:
        for workunit in completed_workunits:
            asked = asked_process(workunit)
            if asked is not None:
                self._asked.append(asked)
            digest = (workunit.get("metadata") or {}).get(INPUTS)
            if digest is not None:
                self._inputs[digest.fingerprint] = digest
        if finished and self._asked:
            self._finish(context)

    def _finish(self, context: StreamingWorkunitContext) -> None:
        former = read_record(self._record)
        remembered = dict(former)
        for asked in self._asked:
            remembered[asked.description] = self._remember(
                context, asked, former.get(asked.description)
            )
        try:
            write_record(self._record, remembered)
        except OSError as error:
            logger.debug(f"{self._record}: cannot be written: {error.strerror}")
        line = summary(self._asked)
        if self._says_summary and any(asked.is_shown for asked in self._asked):
            logger.info(line)
        elif self._explains:
            _explain(line)

    def _remember(
        self, context: StreamingWorkunitContext, asked: Asked, former: Former | None
    ) -> Former:
        """What to remember of a process; says all about it if Pants is debugged."""
        is_other = former is None or former.key != asked.key
        if is_other and asked.key.inputs[0] in self._inputs:
            # A later run compares its inputs with these, by what is in Pants' own store.
            context._scheduler.ensure_directory_digest_persisted(self._inputs[asked.key.inputs[0]])
        ran = asked.source is Source.run
        because: tuple[str, ...] = ()
        if ran:
            before = now = None
            if former is not None and former.key.inputs != asked.key.inputs:
                before = self._files(context, former.key.inputs)
                now = self._files(context, asked.key.inputs)
            because = reasons(asked, former, before, now)
        if self._explains:
            files = self._files(context, asked.key.inputs)
            _explain(explanation(asked, former, because, files))
        at = int(time.time())
        if ran:
            return Former(asked.key, at, asked.exit_code, at, because)
        if former is None:
            return Former(asked.key, at, asked.exit_code, None, ())
        return Former(asked.key, at, asked.exit_code, former.ran, former.because)

    def _files(self, context: StreamingWorkunitContext, inputs: tuple[str, int]) -> Files | None:
        """The digests of the files in a tree, by path; None if Pants has it no more."""
        digest = self._inputs.get(inputs[0], Digest(*inputs))
        try:
            (entries,) = context._scheduler.product_request(DigestEntries, [digest])
        except ExecutionError:
            return None
        return dict(filter(None, map(_path_and_digest, entries)))


def _explain(text: str) -> None:
    """Says what only a run with `-ldebug` says.

    Pants' client does not restart a daemon for `-ldebug`, and the daemon drops what is below the
    level that it was started with.
    """
    logger.log(logging.DEBUG if logger.isEnabledFor(logging.DEBUG) else logging.INFO, text)


def _path_and_digest(entry: object) -> tuple[str, str] | None:
    if isinstance(entry, FileEntry):
        return entry.path, entry.file_digest.fingerprint + ("x" if entry.is_executable else "")
    if isinstance(entry, SymlinkEntry):
        return entry.path, f"-> {entry.target}"
    assert isinstance(entry, Directory)
    return None


@dataclass(frozen=True)
class ProcessesCallbackRequest:
    """Pants asks for the callback with it."""


@rule
def watch_processes(
    _: ProcessesCallbackRequest, options: RulesTransformers, global_options: GlobalOptions
) -> WorkunitsCallbackFactory:
    record = Path(global_options.pants_workdir, _RECORD)
    explains = global_options.level in (LogLevel.DEBUG, LogLevel.TRACE)
    return WorkunitsCallbackFactory(
        lambda: ProcessesCallback(record, says_summary=options.summary, explains=explains)
    )


def rules() -> Iterable[Rule | UnionRule]:
    return (
        *collect_rules(),
        QueryRule(DigestEntries, (Digest,)),
        UnionRule(WorkunitsCallbackFactoryRequest, ProcessesCallbackRequest),
    )
