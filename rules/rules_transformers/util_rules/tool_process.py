"""Describes the processes of the tools: everything that all of them have in common.

That is what starts Python, the tool's source in the sandbox, the request file, how long to wait for
a remote cache, and that no network is known.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from pants.backend.python.util_rules.interpreter_constraints import InterpreterConstraints
from pants.backend.python.util_rules.pex import PexRequest, VenvPex, VenvPexRequest
from pants.backend.python.util_rules.pex_environment import PexEnvironment, PythonExecutable
from pants.engine.fs import (
    EMPTY_DIGEST,
    CreateDigest,
    Digest,
    FileContent,
    MergeDigests,
    Snapshot,
)
from pants.engine.process import Process, ProcessCacheScope
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.unions import UnionRule
from pants.option.global_options import GlobalOptions
from pants.util.frozendict import FrozenDict
from pants.util.logging import LogLevel

from rules_transformers.util_rules import isolated_pex
from rules_transformers.util_rules.isolated_pex import IsolatedVenvPex
from rules_transformers.util_rules.pants_versions import alone, remote_outputs_problem
from rules_transformers.util_rules.tool_commands import ToolCommand
from rules_transformers.util_rules.tool_run import OutputsMissing
from rules_transformers.util_rules.tool_sources import SANDBOX_DIR, ToolSources, ToolSourcesRequest
from rules_transformers_contract import stored_outcomes

# Where a tool finds its request.
REQUEST_FILE = "__request.json"

_PROXY_SUFFIX = "_PROXY"

_NO_DIGESTS: FrozenDict[str, Digest] = FrozenDict()
_NO_STRINGS: FrozenDict[str, str] = FrozenDict()


@dataclass(frozen=True)
class ToolProcess:
    """Asks for the process of a command.

    :param command: the command, with the parts of the tool that its sandbox gets.
    :param arguments: what follows the command.
    :param python: the environment that the command needs; an interpreter will do for one that
        imports nothing but the standard library.
    :param inputs: what it reads.
    :param request: the text of `REQUEST_FILE`, if there is one.
    :param immutable_inputs: further inputs, by the directory that they are in. They are laid out
        once for all sandboxes.
    :param env: further environment variables.
    :param network: whether the variables that name a proxy are passed on.
    :param alone: whether nothing else should run beside it, if this Pants can see to that.
    :param members: of a command that serves many requests, a digest for each of what it alone
        reads. That, what is common to all, and nothing of `arguments`, decides what becomes of it:
        the tool may take that from `rules_transformers_contract.stored_outcomes`.
    """

    command: ToolCommand
    arguments: tuple[str, ...]
    python: PexRequest | InterpreterConstraints
    inputs: tuple[Digest, ...]
    description: str
    request: bytes | None = None
    output_files: tuple[str, ...] = ()
    output_directories: tuple[str, ...] = ()
    immutable_inputs: FrozenDict[str, Digest] = _NO_DIGESTS
    append_only_caches: FrozenDict[str, str] = _NO_STRINGS
    env: FrozenDict[str, str] = _NO_STRINGS
    network: bool = False
    alone: bool = False
    members: tuple[str, ...] = ()
    cache_scope: ProcessCacheScope = ProcessCacheScope.SUCCESSFUL
    level: LogLevel = LogLevel.INFO


@dataclass(frozen=True)
class _PythonRequest:
    """Asks for what starts Python, see `ToolProcess`."""

    python: PexRequest | InterpreterConstraints
    network: bool


@dataclass(frozen=True)
class _Python:
    """What starts Python in a sandbox.

    :param path_variable: the environment variable that adds to `sys.path`.
    """

    path: str
    path_variable: str
    digest: Digest
    append_only_caches: FrozenDict[str, str]


@rule
async def prepare_python(request: _PythonRequest, environment: PexEnvironment) -> _Python:
    if isinstance(request.python, InterpreterConstraints):
        python = await Get(PythonExecutable, InterpreterConstraints, request.python)
        return _Python(python.path, "PYTHONPATH", EMPTY_DIGEST, python.append_only_caches)
    if not request.network:
        environment = _without_network(environment)
    complete = environment.in_sandbox(working_directory=None)
    pex = await Get(VenvPex, IsolatedVenvPex, VenvPexRequest(request.python, complete))
    snapshot = await Get(Snapshot, Digest, pex.digest)
    # A directory or a file, beside the scripts that start it.
    if pex.pex_filename not in {*snapshot.files, *snapshot.dirs}:
        description = request.python.description or f"Prepare {pex.pex_filename}"
        raise OutputsMissing(remote_outputs_problem(description, f"`{pex.pex_filename}`"))
    return _Python(
        pex.pex.argv0,
        "PEX_EXTRA_SYS_PATH",
        pex.digest,
        FrozenDict({**complete.append_only_caches, **(pex.append_only_caches or {})}),
    )


def _without_network(environment: PexEnvironment) -> PexEnvironment:
    """The environment without the variables that name a proxy.

    `[subprocess-environment].env_vars` is for every Python process, and `./pants` names proxies
    there, which pip needs. A tool does not: the cache key of its result would have one machine's
    proxy in it, with the password that its URL may have.
    """
    kept = {
        name: value
        for name, value in environment.subprocess_environment_dict.items()
        if not name.upper().endswith(_PROXY_SUFFIX)
    }
    return replace(environment, subprocess_environment_dict=FrozenDict(kept))


@dataclass(frozen=True)
class LocalCache:
    """Whether results of this machine may be used again."""

    is_on: bool


@rule
async def find_local_cache(options: GlobalOptions) -> LocalCache:
    return LocalCache(options.local_cache)


def _member_keys(request: ToolProcess, python: _Python, sources: ToolSources) -> list[str]:
    """The key of what becomes of each member: equal on all machines, whichever others there are."""
    common = {
        "command": (request.command.tool, request.command.name),
        "python": (python.path, python.digest.fingerprint),
        "sources": sources.digest.fingerprint,
        "env": dict(request.env),
        "immutable_inputs": {
            path: digest.fingerprint for path, digest in request.immutable_inputs.items()
        },
    }
    return [stored_outcomes.key(common, member) for member in request.members]


@rule
async def make_tool_process(request: ToolProcess, local_cache: LocalCache) -> Process:
    command = request.command
    files = [] if request.request is None else [FileContent(REQUEST_FILE, request.request)]
    python, sources, request_file = await MultiGet(
        Get(_Python, _PythonRequest(request.python, request.network)),
        Get(ToolSources, ToolSourcesRequest(command.all_parts)),
        Get(Digest, CreateDigest(files)),
    )
    digest = await Get(Digest, MergeDigests((python.digest, request_file, *request.inputs)))
    env = {**request.env, python.path_variable: SANDBOX_DIR}
    caches = {**python.append_only_caches, **request.append_only_caches}
    if request.members:
        env[stored_outcomes.VARIABLE] = stored_outcomes.order(
            _member_keys(request, python, sources)
        )
        # `--no-local-cache` means that everything is made again. The variable stays, so that the
        # process has the same key in a remote cache; caches of this kind are no part of it.
        if local_cache.is_on:
            caches[stored_outcomes.CACHE] = stored_outcomes.DIRECTORY
    return Process(
        argv=(python.path, "-m", command.tool, command.name, *request.arguments),
        env=env,
        input_digest=digest,
        # Laid out once, instead of a hundred files for each process.
        immutable_input_digests={**request.immutable_inputs, SANDBOX_DIR: sources.digest},
        append_only_caches=caches,
        output_files=request.output_files,
        output_directories=request.output_directories,
        cache_scope=request.cache_scope,
        remote_cache_speculation_delay_millis=command.remote_cache_wait,
        description=request.description,
        level=request.level,
        **alone(request.alone),
    )


def rules() -> Iterable[Rule | UnionRule]:
    return (*collect_rules(), *isolated_pex.rules())
