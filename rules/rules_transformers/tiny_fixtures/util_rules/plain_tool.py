"""Runs commands of the fixtures' tool that import no library, so that any Python will do."""

from __future__ import annotations

from dataclasses import dataclass

from pants.backend.python.util_rules.interpreter_constraints import InterpreterConstraints
from pants.backend.python.util_rules.pex_environment import PythonExecutable
from pants.engine.fs import Digest, MergeDigests
from pants.engine.process import FallibleProcessResult, Process
from pants.engine.rules import Get, MultiGet, collect_rules, rule
from pants.engine.target import InvalidTargetException
from pants.util.logging import LogLevel

from rules_transformers.modular.subsystem import ModularConverter
from rules_transformers.tiny_fixtures.subsystem import PACKAGE
from rules_transformers.util_rules.tool_process import ToolRun
from rules_transformers.util_rules.tool_sources import SANDBOX_DIR, ToolSources, ToolSourcesRequest


@dataclass(frozen=True)
class PlainToolRequest:
    """Asks for what a command prints that runs without the environment of the fixtures.

    That environment takes seconds to import.

    :param arguments: of the tool.
    :param files: what it reads.
    :param failure: what the message says first if the command fails.
    """

    arguments: tuple[str, ...]
    files: Digest
    description: str
    failure: str


@dataclass(frozen=True)
class PlainOutput:
    text: str


@rule
async def run_plain_tool(request: PlainToolRequest, converter: ModularConverter) -> PlainOutput:
    tool_sources, python = await MultiGet(
        Get(ToolSources, ToolSourcesRequest(PACKAGE)),
        Get(PythonExecutable, InterpreterConstraints, converter.interpreter_constraints),
    )
    digest = await Get(Digest, MergeDigests((request.files, tool_sources.digest)))
    process = Process(
        argv=(python.path, "-m", PACKAGE, *request.arguments),
        env={"PYTHONPATH": SANDBOX_DIR},
        input_digest=digest,
        append_only_caches=python.append_only_caches,
        description=request.description,
        level=LogLevel.DEBUG,
    )
    result = await Get(FallibleProcessResult, ToolRun(process))
    if result.exit_code != 0:
        message = result.stderr.decode(errors="replace").strip()
        raise InvalidTargetException(f"{request.failure}\n{message}")
    return PlainOutput(result.stdout.decode())


def rules():
    return collect_rules()
