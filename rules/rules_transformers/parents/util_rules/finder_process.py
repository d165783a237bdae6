"""Runs the parent finder on the sources of a library."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pants.backend.python.util_rules.pex import VenvPex, VenvPexProcess
from pants.engine.fs import Digest, MergeDigests
from pants.engine.process import Process
from pants.engine.rules import Get, MultiGet, collect_rules, rule
from pants.util.frozendict import FrozenDict

from rules_transformers.modular.subsystem import PACKAGE as CONVERTER
from rules_transformers.parents.subsystem import PACKAGE, ParentFinder
from rules_transformers.util_rules.offline import OfflinePexRequest
from rules_transformers.util_rules.remote_cache import SHORT_WORK, waiting
from rules_transformers.util_rules.tool_sources import SANDBOX_DIR, ToolSources, ToolSourcesRequest

LIBRARY_DIR = "__library"
_CACHE_DIR = "__cache"


@dataclass(frozen=True)
class FinderProcessRequest:
    """Asks for a process that runs one of the parent finder's commands.

    :param arguments: the command with its arguments; those for library and cache are added.
    :param library: the library's sources.
    :param files: further files for the sandbox.
    """

    arguments: tuple[str, ...]
    library: Digest
    files: tuple[Digest, ...]
    description: str
    output_files: tuple[str, ...] = ()


@rule
async def make_finder_process(request: FinderProcessRequest, finder: ParentFinder) -> Process:
    # The finder proves a modular file by converting it.
    pex, finder_sources, converter_sources = await MultiGet(
        Get(VenvPex, OfflinePexRequest(finder.pex_request())),
        Get(ToolSources, ToolSourcesRequest(PACKAGE)),
        Get(ToolSources, ToolSourcesRequest(CONVERTER)),
    )
    digest = await Get(
        Digest,
        MergeDigests((finder_sources.digest, converter_sources.digest, *request.files)),
    )
    process = await Get(
        Process,
        VenvPexProcess(
            pex,
            argv=(
                "-m",
                PACKAGE,
                *request.arguments,
                f"--source-root={LIBRARY_DIR}",
                f"--cache-dir={_CACHE_DIR}",
            ),
            input_digest=digest,
            extra_env={"PEX_EXTRA_SYS_PATH": SANDBOX_DIR},
            output_files=request.output_files,
            description=request.description,
        ),
    )
    process = replace(process, immutable_input_digests=FrozenDict({LIBRARY_DIR: request.library}))
    return waiting(process, SHORT_WORK)


def rules():
    return collect_rules()
