"""Runs the converter on modular files, with everything that they may inherit from."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pants.backend.python.util_rules.pex import VenvPex, VenvPexProcess
from pants.engine.fs import Digest, MergeDigests
from pants.engine.process import Process
from pants.engine.rules import Get, MultiGet, collect_rules, rule
from pants.util.frozendict import FrozenDict

from rules_transformers.modular.field_set import ModularFieldSet
from rules_transformers.modular.subsystem import PACKAGE, ModularConverter
from rules_transformers.modular.util_rules.request import (
    NOTHING_RENAMED,
    PARENTS_DIR,
    REQUEST_FILE,
    ConverterInput,
    ConverterRequest,
)
from rules_transformers.util_rules.offline import OfflinePexRequest
from rules_transformers.util_rules.remote_cache import SHORT_WORK, waiting
from rules_transformers.util_rules.tool_sources import SANDBOX_DIR, ToolSources, ToolSourcesRequest


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
    """

    command: str
    arguments: tuple[str, ...]
    field_sets: tuple[ModularFieldSet, ...]
    parent_paths: tuple[str, ...]
    files: tuple[Digest, ...]
    installed_parents: Digest | None
    description: str
    output_directories: tuple[str, ...] = ()
    output_files: tuple[str, ...] = ()
    renamed: FrozenDict[str, tuple[str, ...]] = NOTHING_RENAMED


@rule
async def make_converter_process(
    request: ConverterProcessRequest, converter: ModularConverter
) -> Process:
    has_installed_parents = request.installed_parents is not None
    pex, tool_sources, converter_input = await MultiGet(
        Get(VenvPex, OfflinePexRequest(converter.pex_request())),
        Get(ToolSources, ToolSourcesRequest(PACKAGE)),
        Get(
            ConverterInput,
            ConverterRequest(
                request.field_sets, request.parent_paths, has_installed_parents, request.renamed
            ),
        ),
    )
    digest = await Get(
        Digest, MergeDigests((tool_sources.digest, converter_input.digest, *request.files))
    )
    process = await Get(
        Process,
        VenvPexProcess(
            pex,
            argv=(
                "-m",
                PACKAGE,
                request.command,
                f"--request={REQUEST_FILE}",
                *request.arguments,
            ),
            input_digest=digest,
            extra_env={"PEX_EXTRA_SYS_PATH": SANDBOX_DIR},
            output_directories=request.output_directories,
            output_files=request.output_files,
            description=request.description,
        ),
    )
    process = waiting(process, SHORT_WORK)
    if request.installed_parents is None:
        return process
    # Laid out once for all sandboxes: there are thousands of these files.
    return replace(
        process, immutable_input_digests=FrozenDict({PARENTS_DIR: request.installed_parents})
    )


def rules():
    return collect_rules()
