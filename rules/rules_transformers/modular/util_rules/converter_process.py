"""Runs the converter on modular files, with everything that they may inherit from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pants.engine.fs import Digest
from pants.engine.process import Process
from pants.engine.rules import Get, Rule, collect_rules, rule
from pants.engine.unions import UnionRule
from pants.util.frozendict import FrozenDict

from rules_transformers.modular.field_set import ModularFieldSet
from rules_transformers.modular.subsystem import ModularConverter
from rules_transformers.modular.util_rules.request import (
    NOTHING_RENAMED,
    PARENTS_DIR,
    ConverterInput,
    ConverterRequest,
)
from rules_transformers.util_rules.tool_commands import ToolCommand
from rules_transformers.util_rules.tool_process import REQUEST_FILE, ToolProcess


@dataclass(frozen=True)
class ConverterProcessRequest:
    """Asks for a process that runs one of the converter's commands.

    :param command: the command; `--request` is added.
    :param arguments: its further arguments.
    :param field_sets: the modular models that the request speaks of.
    :param parent_paths: files of the repository that they inherit from, besides generated ones.
    :param files: further files for the sandbox, such as the fresh output of generated parents.
    :param installed_parents: sources out of a distribution, None if the parents have none.
    :param renamed: as in `ConverterRequest`.
    :param tree: as in `ConverterRequest`.
    """

    command: ToolCommand
    arguments: tuple[str, ...]
    field_sets: tuple[ModularFieldSet, ...]
    parent_paths: tuple[str, ...]
    files: tuple[Digest, ...]
    installed_parents: Digest | None
    description: str
    output_directories: tuple[str, ...] = ()
    output_files: tuple[str, ...] = ()
    renamed: FrozenDict[str, tuple[str, ...]] = NOTHING_RENAMED
    tree: Digest | None = None


@rule
async def make_converter_process(
    request: ConverterProcessRequest, converter: ModularConverter
) -> Process:
    has_installed_parents = request.installed_parents is not None
    converter_input = await Get(
        ConverterInput,
        ConverterRequest(
            request.field_sets,
            request.parent_paths,
            has_installed_parents,
            request.renamed,
            request.tree,
        ),
    )
    return await Get(
        Process,
        ToolProcess(
            request.command,
            (f"--request={REQUEST_FILE}", *request.arguments),
            converter.pex_request(),
            (converter_input.sources, *request.files),
            request.description,
            request=converter_input.request,
            output_directories=request.output_directories,
            output_files=request.output_files,
            immutable_inputs=(
                FrozenDict()
                if request.installed_parents is None
                # There are thousands of these files.
                else FrozenDict({PARENTS_DIR: request.installed_parents})
            ),
        ),
    )


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
