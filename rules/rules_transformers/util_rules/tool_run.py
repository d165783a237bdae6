"""Runs the processes of the tools, and checks that their results have what the processes leave."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace

from pants.engine.engine_aware import EngineAwareParameter
from pants.engine.fs import (
    Digest,
    DigestContents,
    DigestEntries,
    DigestSubset,
    FileEntry,
    PathGlobs,
    Snapshot,
)
from pants.engine.process import FallibleProcessResult, Process
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.unions import UnionRule
from pants.option.global_options import GlobalOptions
from pants.util.frozendict import FrozenDict
from pants.util.logging import LogLevel

from rules_transformers.util_rules.pants_versions import remote_outputs_problem
from rules_transformers_contract import receipt

logger = logging.getLogger(__name__)

# Under this name, an observer of a run of Pants finds the digest of the process's input files.
INPUTS = "rules_transformers_inputs"

# Gives a process another key in every cache. The tools do not read it.
_ONCE_MORE = "RULES_TRANSFORMERS_ONCE_MORE"


@dataclass(frozen=True)
class ToolRun(EngineAwareParameter):
    """Asks for the result of a tool's process.

    A process that ends with 0 must leave all outputs that it declares.
    """

    process: Process

    def metadata(self) -> dict[str, Digest]:
        return {INPUTS: self.process.input_digest}


class OutputsMissing(Exception):
    """A process did not leave what it declares, or a cache does not have it."""


def _inputs_of(process: Process) -> str:
    """A digest of all that the process gets, which is equal on all machines that share a cache."""
    immutable = {path: d.fingerprint for path, d in process.immutable_input_digests.items()}
    inputs = (process.argv, dict(process.env), process.input_digest.fingerprint, immutable)
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()


def _with_receipt(process: Process, inputs: str) -> Process:
    """The process that also leaves a receipt, if it leaves anything."""
    outputs = (*process.output_files, *process.output_directories)
    if not outputs:
        return process
    env = {**process.env, receipt.VARIABLE: receipt.order(inputs, outputs)}
    return replace(
        process,
        env=FrozenDict(env),
        output_files=(*process.output_files, receipt.FILE),
    )


async def _complaint(result: FallibleProcessResult, inputs: str) -> str:
    """What the receipt in a result says against it, as a predicate; nothing without a receipt."""
    contents, entries = await MultiGet(
        Get(DigestContents, DigestSubset(result.output_digest, PathGlobs([receipt.FILE]))),
        Get(DigestEntries, Digest, result.output_digest),
    )
    if result.exit_code != 0 or not contents:
        return ""
    files = {
        entry.path: entry.file_digest.fingerprint
        for entry in entries
        if isinstance(entry, FileEntry) and entry.path != receipt.FILE
    }
    return receipt.complaint(contents[0].content, inputs, files)


@dataclass(frozen=True)
class RemoteExecution:
    """Whether a server runs the processes."""

    is_on: bool


@rule
async def find_remote_execution(options: GlobalOptions) -> RemoteExecution:
    return RemoteExecution(options.remote_execution)


async def _missing_outputs(process: Process, result: FallibleProcessResult) -> str:
    """The declared outputs that the result of a successful process lacks, for messages."""
    declared = (*process.output_files, *process.output_directories)
    if result.exit_code != 0 or not declared:
        return ""
    snapshot = await Get(Snapshot, Digest, result.output_digest)
    outputs = {*snapshot.files, *snapshot.dirs}
    return ", ".join(f"`{path}`" for path in declared if path not in outputs)


async def _problem(process: Process, result: FallibleProcessResult, inputs: str) -> str:
    """What is wrong with a result, as a predicate."""
    missing = await _missing_outputs(process, result)
    return f"lacks {missing}" if missing else await _complaint(result, inputs)


async def _without_receipt(result: FallibleProcessResult) -> FallibleProcessResult:
    globs = PathGlobs(["**", f"!{receipt.FILE}"])
    outputs = await Get(Digest, DigestSubset(result.output_digest, globs))
    return replace(result, output_digest=outputs)


@rule(level=LogLevel.DEBUG)
async def run_tool(request: ToolRun) -> FallibleProcessResult:
    """Runs the process, or takes its result from a cache.

    An entry of a cache can be whole and yet lack an output, or be that of another process, if it
    was damaged: Pants cannot check it against the process. It is run again then, under another key.

    :raises OutputsMissing: if the result is no better after that, or if a server ran the process.
    """
    process = request.process
    inputs = _inputs_of(process)
    with_receipt = _with_receipt(process, inputs)
    result = await Get(FallibleProcessResult, Process, with_receipt)
    problem = await _problem(process, result, inputs)
    if not problem:
        return await _without_receipt(result)
    missing, remote = await _missing_outputs(process, result), await Get(RemoteExecution)
    if missing and remote.is_on:
        raise OutputsMissing(remote_outputs_problem(process.description, missing))
    logger.warning(
        f"{process.description}: its cached result {problem}, so it is run once more\n"
        "hint: an entry of the remote cache may have been damaged or altered. "
        "`--no-remote-cache-read` leaves that cache out; a new value of "
        "`[GLOBAL].process_execution_cache_namespace` leaves all older entries out, for everybody"
    )
    once_more = replace(with_receipt, env=FrozenDict({**with_receipt.env, _ONCE_MORE: "1"}))
    result = await Get(FallibleProcessResult, Process, once_more)
    problem = await _problem(process, result, inputs)
    if problem:
        raise OutputsMissing(
            f"{process.description}: the process ended with 0, and its result {problem}, twice\n"
            "hint: if it is the same with `--no-remote-cache-read --no-local-cache`, it is a fault "
            "of the tool; otherwise entries of a cache are damaged: see the warning above"
        )
    return await _without_receipt(result)


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
