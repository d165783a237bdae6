"""What `run` and `repl` start: a program in an environment that has fixtures."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass

from pants.backend.python.subsystems.setup import PythonSetup
from pants.backend.python.util_rules.interpreter_constraints import InterpreterConstraints
from pants.backend.python.util_rules.pex import VenvPex, VenvPexRequest
from pants.backend.python.util_rules.pex_environment import PexEnvironment, PythonExecutable
from pants.engine.addresses import Address
from pants.engine.fs import AddPrefix, Digest, MergeDigests
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.target import (
    InvalidTargetException,
    TransitiveTargets,
    TransitiveTargetsRequest,
)
from pants.engine.unions import UnionRule
from pants.util.frozendict import FrozenDict
from pants.util.logging import LogLevel

from rules_transformers.tiny_fixtures.field_set import TinyFixtureFieldSet
from rules_transformers.tiny_fixtures.util_rules.build import BuildFixtureRequest, BuiltFixture
from rules_transformers.tiny_fixtures.util_rules.environment import (
    FixtureEnvironment,
    FixtureEnvironmentRequest,
)
from rules_transformers.tiny_fixtures.util_rules.model_sources import (
    ModelSources,
    ModelSourcesRequest,
)
from rules_transformers.tiny_fixtures.util_rules.repo_ids import find_clashes
from rules_transformers.util_rules import isolated_pex
from rules_transformers.util_rules.isolated_pex import IsolatedVenvPex
from rules_transformers.util_rules.pants_versions import pex_variables
from rules_transformers.util_rules.tool_commands import RUN
from rules_transformers.util_rules.tool_sources import SANDBOX_DIR, ToolSources, ToolSourcesRequest


@dataclass(frozen=True)
class FixtureSessionRequest:
    """Asks for a session with the fixtures among some targets and what they depend on."""

    addresses: tuple[Address, ...]


@dataclass(frozen=True)
class FixtureSession:
    """A program that makes fixtures loadable by their names and then runs a command.

    :param args: the program, to be followed by the command; `{chroot}` stands for the sandbox.
    """

    digest: Digest
    args: tuple[str, ...]
    extra_env: FrozenDict[str, str]
    append_only_caches: FrozenDict[str, str]


@rule(desc="Prepare a session with tiny fixtures", level=LogLevel.DEBUG)
async def prepare_fixture_session(
    request: FixtureSessionRequest, pex_environment: PexEnvironment, python_setup: PythonSetup
) -> FixtureSession:
    transitive = await Get(TransitiveTargets, TransitiveTargetsRequest(request.addresses))
    field_sets = [
        TinyFixtureFieldSet.create(target)
        for target in transitive.closure
        if TinyFixtureFieldSet.is_applicable(target)
    ]
    resolves = {field_set.resolve.normalized_value(python_setup) for field_set in field_sets}
    if len(resolves) != 1:
        named = ", ".join(address.spec for address in request.addresses)
        fixtures = (
            f"fixtures of the resolves {sorted(resolves)}" if resolves else "no `tiny_fixture`"
        )
        raise InvalidTargetException(
            f"A session needs fixtures of one resolve, but {named} leads to {fixtures}\n"
            "hint: name a `tiny_fixture`, or a target that depends on one"
        )
    for address in request.addresses[:1]:
        for clash in find_clashes(address, field_sets):
            raise InvalidTargetException(clash)
    environment = await Get(FixtureEnvironment, FixtureEnvironmentRequest(resolves.pop()))
    built = await MultiGet(
        Get(BuiltFixture, BuildFixtureRequest(field_set)) for field_set in field_sets
    )
    sources = await MultiGet(
        Get(ModelSources, ModelSourcesRequest.of(field_set)) for field_set in field_sets
    )
    complete = pex_environment.in_workspace()
    pex, tool_sources, python = await MultiGet(
        Get(VenvPex, IsolatedVenvPex, VenvPexRequest(environment.pex_request, complete)),
        Get(ToolSources, ToolSourcesRequest(RUN.all_parts)),
        Get(
            PythonExecutable,
            InterpreterConstraints,
            environment.pex_request.interpreter_constraints,
        ),
    )
    tools = await Get(Digest, AddPrefix(tool_sources.digest, SANDBOX_DIR))
    digest = await Get(
        Digest,
        MergeDigests(
            [
                pex.digest,
                tools,
                *(fixture.snapshot.digest for fixture in built),
                *(model.digest for model in sources),
            ]
        ),
    )
    roots = dict.fromkeys([*(model.root for model in sources), SANDBOX_DIR])
    directories = [_in_chroot(field_set.directory) for field_set in field_sets]
    modules = [f"--module={model.module}" for model in sources if model.module is not None]
    return FixtureSession(
        digest,
        (_in_chroot(pex.pex.argv0), "-m", RUN.tool, RUN.name, *directories, *modules, "--"),
        FrozenDict(
            {
                **pex_variables(complete, python),
                "PEX_EXTRA_SYS_PATH": os.pathsep.join(map(_in_chroot, roots)),
            }
        ),
        FrozenDict({**complete.append_only_caches, **(pex.append_only_caches or {})}),
    )


def _in_chroot(path: str) -> str:
    return os.path.join("{chroot}", path)


def rules() -> Iterable[Rule | UnionRule]:
    return (*collect_rules(), *isolated_pex.rules())
