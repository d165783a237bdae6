"""Runs the parent finder on the sources of a library."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pants.backend.python.subsystems.setup import PythonSetup
from pants.engine.fs import Digest
from pants.engine.process import Process
from pants.engine.rules import Get, Rule, collect_rules, rule
from pants.engine.unions import UnionRule
from pants.util.frozendict import FrozenDict

from rules_transformers.parents.subsystem import ParentFinder
from rules_transformers.util_rules.tool_commands import ToolCommand
from rules_transformers.util_rules.tool_process import ToolProcess

LIBRARY_DIR = "__library"
_CACHE_DIR = "__cache"


@dataclass(frozen=True)
class FinderProcessRequest:
    """Asks for a process that runs one of the parent finder's commands.

    :param arguments: of the command; those for the libraries and the cache are added.
    :param library: the sources of the library.
    :param more_libraries: those of further ones.
    :param files: further files for the sandbox.
    """

    command: ToolCommand
    arguments: tuple[str, ...]
    library: Digest
    files: tuple[Digest, ...]
    description: str
    output_files: tuple[str, ...] = ()
    more_libraries: tuple[Digest, ...] = ()


@rule
async def make_finder_process(
    request: FinderProcessRequest, finder: ParentFinder, python_setup: PythonSetup
) -> Process:
    more = {f"{LIBRARY_DIR}_{n}": digest for n, digest in enumerate(request.more_libraries, 1)}
    return await Get(
        Process,
        ToolProcess(
            request.command,
            (
                *request.arguments,
                f"--source-root={LIBRARY_DIR}",
                f"--cache-dir={_CACHE_DIR}",
                *(f"--models={directory}" for directory in more),
            ),
            finder.pex_request(python_setup),
            request.files,
            request.description,
            output_files=request.output_files,
            immutable_inputs=FrozenDict({LIBRARY_DIR: request.library, **more}),
        ),
    )


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
