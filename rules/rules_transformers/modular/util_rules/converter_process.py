"""Runs the converter on modular files, with everything that they may inherit from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pants.backend.python.subsystems.setup import PythonSetup
from pants.engine.fs import Digest
from pants.engine.process import Process
from pants.engine.rules import Get, Rule, collect_rules, rule
from pants.engine.unions import UnionRule
from pants.util.frozendict import FrozenDict

from rules_transformers.modular.subsystem import ModularConverter
from rules_transformers.modular.util_rules.request import (
    PARENTS_DIR,
    ConverterInput,
)
from rules_transformers.util_rules.tool_commands import ToolCommand
from rules_transformers.util_rules.tool_process import REQUEST_FILE, ToolProcess


@dataclass(frozen=True)
class ConverterProcessRequest:
    """Asks for a process that runs one of the converter's commands.

    :param command: the command; `--request` is added.
    :param arguments: its further arguments.
    :param input: the request and its sources.
    :param files: further files for the sandbox, such as the fresh output of generated parents.
    :param installed_parents: sources out of a distribution, None if the parents have none.
    :param members: as of `ToolProcess`.
    """

    command: ToolCommand
    arguments: tuple[str, ...]
    input: ConverterInput
    files: tuple[Digest, ...]
    installed_parents: Digest | None
    description: str
    output_directories: tuple[str, ...] = ()
    output_files: tuple[str, ...] = ()
    members: tuple[str, ...] = ()


@rule
async def make_converter_process(
    request: ConverterProcessRequest, converter: ModularConverter, python_setup: PythonSetup
) -> Process:
    return await Get(
        Process,
        ToolProcess(
            request.command,
            (f"--request={REQUEST_FILE}", *request.arguments),
            converter.pex_request(python_setup),
            (request.input.sources, *request.files),
            request.description,
            request=request.input.request,
            output_directories=request.output_directories,
            output_files=request.output_files,
            immutable_inputs=(
                FrozenDict()
                if request.installed_parents is None
                # There are thousands of these files.
                else FrozenDict({PARENTS_DIR: request.installed_parents})
            ),
            members=request.members,
        ),
    )


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
