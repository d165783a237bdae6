"""Runs the processes of the tools, and checks that their results have what the processes leave."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace

from pants.engine.engine_aware import EngineAwareParameter
from pants.engine.fs import Digest, Snapshot
from pants.engine.process import FallibleProcessResult, Process
from pants.engine.rules import Get, Rule, collect_rules, rule
from pants.engine.unions import UnionRule
from pants.util.frozendict import FrozenDict
from pants.util.logging import LogLevel

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


async def _missing_outputs(process: Process, result: FallibleProcessResult) -> str:
    """The declared outputs that the result of a successful process lacks, for messages."""
    declared = (*process.output_files, *process.output_directories)
    if result.exit_code != 0 or not declared:
        return ""
    snapshot = await Get(Snapshot, Digest, result.output_digest)
    outputs = {*snapshot.files, *snapshot.dirs}
    return ", ".join(f"`{path}`" for path in declared if path not in outputs)


@rule(level=LogLevel.DEBUG)
async def run_tool(request: ToolRun) -> FallibleProcessResult:
    """Runs the process, or takes its result from a cache.

    An entry of a cache can be whole and yet lack an output, if it was damaged or altered: nobody
    can check it against the process. It is run again then, under another key.

    :raises OutputsMissing: if it lacks after that as well.
    """
    process = request.process
    result = await Get(FallibleProcessResult, Process, process)
    missing = await _missing_outputs(process, result)
    if not missing:
        return result
    logger.warning(
        f"{process.description}: its cached result lacks {missing}, so it is run once more\n"
        "hint: an entry of the remote cache may have been damaged or altered. "
        "`--no-remote-cache-read` leaves that cache out; a new value of "
        "`[GLOBAL].process_execution_cache_namespace` leaves all older entries out, for everybody"
    )
    once_more = replace(process, env=FrozenDict({**process.env, _ONCE_MORE: "1"}))
    result = await Get(FallibleProcessResult, Process, once_more)
    missing = await _missing_outputs(process, result)
    if missing:
        raise OutputsMissing(
            f"{process.description}: the process ended with 0 and lacks {missing}, twice\n"
            "hint: if it is the same with `--no-remote-cache-read --no-local-cache`, it is a fault "
            "of the tool; otherwise entries of a cache are damaged: see the warning above"
        )
    return result


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
