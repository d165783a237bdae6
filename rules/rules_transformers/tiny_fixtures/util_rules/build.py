"""Builds tiny fixtures, in groups: one process for each, cached by what it reads."""

from __future__ import annotations

import json
import logging
import os
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pants.backend.python.subsystems.setup import PythonSetup
from pants.engine.addresses import Address
from pants.engine.collection import Collection
from pants.engine.engine_aware import EngineAwareParameter
from pants.engine.fs import (
    EMPTY_DIGEST,
    EMPTY_SNAPSHOT,
    CreateDigest,
    Digest,
    DigestContents,
    DigestEntries,
    DigestSubset,
    FileContent,
    GlobMatchErrorBehavior,
    MergeDigests,
    PathGlobs,
    RemovePrefix,
    Snapshot,
)
from pants.engine.internals.native_engine import IntrinsicError
from pants.engine.process import FallibleProcessResult, Process, ProcessExecutionFailure
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.target import InvalidFieldException, InvalidTargetException
from pants.engine.unions import UnionRule
from pants.util.frozendict import FrozenDict
from pants.util.logging import LogLevel

from rules_transformers.modular.util_rules.convert import ConversionFailed
from rules_transformers.tiny_fixtures.field_set import (
    AllTinyFixtureFieldSets,
    TinyFixtureFieldSet,
)
from rules_transformers.tiny_fixtures.util_rules.environment import (
    FixtureEnvironment,
    FixtureEnvironmentRequest,
)
from rules_transformers.tiny_fixtures.util_rules.model_sources import (
    ModelSources,
    ModelSourcesRequest,
)
from rules_transformers.tiny_fixtures.util_rules.request import request_document
from rules_transformers.tiny_fixtures.util_rules.shared_files import lay_out
from rules_transformers.util_rules.buckets import buckets
from rules_transformers.util_rules.tool_commands import GROUP_BUILD
from rules_transformers.util_rules.tool_process import REQUEST_FILE, ToolProcess
from rules_transformers.util_rules.tool_run import OutputsMissing, ToolRun
from rules_transformers_contract.exit_codes import ExitCode

logger = logging.getLogger(__name__)

# What costs is importing torch and transformers: once they are imported, a fixture takes a tenth of
# that or less. A change in a member builds all of a group again where what became of the others is
# not stored, as in CI with nothing but a remote cache.
CAPACITY = 12
# Up to this number, each fixture has a process of its own: a group would be most of them, and be
# built for a test of any. For the same reason, this many of several directories are put together.
_FEW = 8

_MEMBERS = "__members"
_OUTPUT_DIR = "__out"
_RESULTS_FILE = "__results.json"
# Nothing is downloaded, and nothing outside the sandbox is read or written.
_ENVIRONMENT = FrozenDict(
    {"HF_HUB_OFFLINE": "1", "HF_HOME": "__hf_home", "HF_HUB_DISABLE_TELEMETRY": "1"}
)

# What the tool says of a fixture that it builds nevertheless, with a hint on the next line.
_WARNING = re.compile(r"^.+: warning: .+(?:\nhint: .+)?", re.MULTILINE)


@dataclass(frozen=True)
class BuildFixtureRequest(EngineAwareParameter):
    """Asks for the files of a fixture."""

    field_set: TinyFixtureFieldSet

    def debug_hint(self) -> str:
        return self.field_set.address.spec


@dataclass(frozen=True)
class BuiltFixture:
    """A fixture: one model repository, or one for each architecture in a directory of its name.

    :param snapshot: its files, below `TinyFixtureFieldSet.directory`.
    """

    snapshot: Snapshot


class FixtureNotBuilt(Exception):
    """A fixture could not be built."""


# How a fixture, or what it is built from, fails by itself. Other exceptions are faults of the
# rules.
NOT_BUILT = (
    ConversionFailed,
    FixtureNotBuilt,
    IntrinsicError,
    InvalidFieldException,
    InvalidTargetException,
    OutputsMissing,
    ProcessExecutionFailure,
)


@dataclass(frozen=True)
class FixtureProblem:
    """Why a fixture cannot be built; empty if it can."""

    message: str


@dataclass(frozen=True)
class FixtureGroup(EngineAwareParameter):
    """Fixtures that are built in one process, which imports torch and transformers once.

    Who is in a group depends on the fixtures of the repository alone, see
    `modular.util_rules.conversion_groups`.
    """

    members: tuple[TinyFixtureFieldSet, ...]

    def debug_hint(self) -> str:
        return _described(self.members)


class FixtureGroups(FrozenDict[Address, FixtureGroup]):
    """The group of each fixture of the repository that is not built for itself."""


@dataclass(frozen=True)
class _InputRequest:
    field_set: TinyFixtureFieldSet


@dataclass(frozen=True)
class _FixtureInput:
    """The request for a fixture and the sources that it speaks of, or why there are none."""

    digest: Digest
    problem: str = ""


@dataclass(frozen=True)
class _FixtureOutcome:
    """What became of a fixture.

    :param problem: why it could not be built; empty if it could.
    :param warnings: what the tool says of it nevertheless.
    :param is_final: whether it would end alike on another day or machine.
    """

    snapshot: Snapshot
    problem: str
    warnings: tuple[str, ...] = ()
    is_final: bool = True


class _GroupOutcomes(FrozenDict[Address, _FixtureOutcome]):
    """What became of each member of a `FixtureGroup`."""


@dataclass(frozen=True)
class _Run:
    """Asks for a process that builds fixtures.

    :param inputs: of each member.
    """

    members: tuple[TinyFixtureFieldSet, ...]
    inputs: tuple[Digest, ...]


class _RunOutcomes(Collection[_FixtureOutcome]):
    """What became of each member of a `_Run`."""


def _described(members: Sequence[TinyFixtureFieldSet]) -> str:
    first = members[0].address.spec
    return first if len(members) == 1 else f"{len(members)} fixtures, {first} and others"


def _outcome(
    member: TinyFixtureFieldSet, exit_code: int, messages: str, snapshot: Snapshot = EMPTY_SNAPSHOT
) -> _FixtureOutcome:
    if exit_code == 0:
        return _FixtureOutcome(snapshot, "", tuple(_WARNING.findall(messages)))
    if exit_code < 0:
        messages = f"{messages}\nthe process was ended by signal {-exit_code}".strip()
    problem = f"{member.address} cannot be built\n{messages}"
    is_final = exit_code >= 0 and exit_code != ExitCode.ENVIRONMENT_LACKS
    return _FixtureOutcome(EMPTY_SNAPSHOT, problem, is_final=is_final)


def _names(member: TinyFixtureFieldSet) -> tuple[str, str]:
    """What a group has in common: fixtures that lie side by side are mostly wanted together."""
    return os.path.dirname(member.address.spec_path), member.address.spec


@rule(desc="Group tiny fixtures", level=LogLevel.DEBUG)
def find_fixture_groups(
    field_sets: AllTinyFixtureFieldSets, python_setup: PythonSetup
) -> FixtureGroups:
    of_resolve = defaultdict(list)
    for field_set in field_sets:
        of_resolve[field_set.resolve.normalized_value(python_setup)].append(field_set)
    return FixtureGroups(
        (member.address, FixtureGroup(members))
        for alike in of_resolve.values()
        if len(alike) > _FEW
        for members in buckets({member: _names(member) for member in alike}, CAPACITY, mixed=_FEW)
        for member in members
    )


@rule
async def collect_fixture_input(request: _InputRequest) -> _FixtureInput:
    field_set = request.field_set
    try:
        sources = await Get(ModelSources, ModelSourcesRequest.of(field_set))
        checkpoint = EMPTY_DIGEST
        if field_set.checkpoint_directory is not None:
            checkpoint = await Get(
                Digest,
                PathGlobs(
                    [f"{field_set.checkpoint_directory}/**"],
                    glob_match_error_behavior=GlobMatchErrorBehavior.error,
                    description_of_origin=f"the `from_checkpoint` field of {field_set.address}",
                ),
            )
    except NOT_BUILT as error:
        # Of one member, and no concern of the others.
        return _FixtureInput(EMPTY_DIGEST, str(error))
    document = request_document(field_set, sources)
    request_file = await Get(Digest, CreateDigest([FileContent(REQUEST_FILE, document)]))
    return _FixtureInput(
        await Get(Digest, MergeDigests((sources.digest, checkpoint, request_file)))
    )


@rule
async def build_fixture_group(group: FixtureGroup) -> _GroupOutcomes:
    inputs = await MultiGet(Get(_FixtureInput, _InputRequest(member)) for member in group.members)
    outcome_of = {
        member.address: _FixtureOutcome(EMPTY_SNAPSHOT, fixture.problem)
        for member, fixture in zip(group.members, inputs)
    }
    complete = tuple(
        (member, fixture.digest)
        for member, fixture in zip(group.members, inputs)
        if not fixture.problem
    )
    if complete:
        run = _Run(tuple(member for member, _ in complete), tuple(digest for _, digest in complete))
        outcomes = await Get(_RunOutcomes, _Run, run)
        outcome_of.update(
            (member.address, outcome) for member, outcome in zip(run.members, outcomes)
        )
    return _GroupOutcomes(outcome_of)


@rule
async def run_fixture_builder(run: _Run, python_setup: PythonSetup) -> _RunOutcomes:
    directories = [f"{_MEMBERS}/{number}" for number in range(len(run.members))]
    # A directory for each, which is all that it sees: sources of another make no difference.
    entries_of = await MultiGet(Get(DigestEntries, Digest, digest) for digest in run.inputs)
    layout = lay_out(entries_of, directories)
    inputs = await Get(Digest, CreateDigest(layout.entries))
    environment = await Get(
        FixtureEnvironment,
        FixtureEnvironmentRequest.create(run.members[0].resolve, python_setup),
    )
    process = await Get(
        Process,
        ToolProcess(
            GROUP_BUILD,
            (
                f"--request={REQUEST_FILE}",
                f"--output={_OUTPUT_DIR}",
                f"--results={_RESULTS_FILE}",
                *((f"--shared={REQUEST_FILE}",) if layout.shared else ()),
                *directories,
            ),
            environment.pex_request,
            (inputs,),
            f"Build {_described(run.members)}",
            request=layout.shared or None,
            env=_ENVIRONMENT,
            output_directories=tuple(f"{directory}/{_OUTPUT_DIR}" for directory in directories),
            output_files=(_RESULTS_FILE,),
            members=tuple(digest.fingerprint for digest in run.inputs),
        ),
    )
    result = await Get(FallibleProcessResult, ToolRun(process))
    results = await Get(
        DigestContents, DigestSubset(result.output_digest, PathGlobs([_RESULTS_FILE]))
    )
    if not results and len(run.members) > 1:
        # Something ended it that cannot be one member's answer: alone, it is that member's.
        alone = await MultiGet(
            Get(_RunOutcomes, _Run, _Run((member,), (digest,)))
            for member, digest in zip(run.members, run.inputs)
        )
        return _RunOutcomes(outcome for outcomes in alone for outcome in outcomes)
    if not results:
        messages = result.stderr.decode(errors="replace").strip()
        return _RunOutcomes([_outcome(run.members[0], result.exit_code, messages)])
    built = await MultiGet(
        Get(
            Digest, DigestSubset(result.output_digest, PathGlobs([f"{directory}/{_OUTPUT_DIR}/**"]))
        )
        for directory in directories
    )
    snapshots = await MultiGet(
        Get(Snapshot, RemovePrefix(digest, f"{directory}/{_OUTPUT_DIR}"))
        for digest, directory in zip(built, directories)
    )
    entries = json.loads(results[0].content)["members"]
    return _RunOutcomes(
        _outcome(member, entry["exit_code"], entry["messages"].strip(), snapshot)
        for member, entry, snapshot in zip(run.members, entries, snapshots)
    )


@rule(desc="Build a tiny fixture", level=LogLevel.DEBUG)
async def build_tiny_fixture(request: BuildFixtureRequest, groups: FixtureGroups) -> BuiltFixture:
    field_set = request.field_set
    group = groups.get(field_set.address)
    if group is None or field_set not in group.members:
        group = FixtureGroup((field_set,))
    outcomes = await Get(_GroupOutcomes, FixtureGroup, group)
    outcome = outcomes[field_set.address]
    if not outcome.is_final and len(group.members) > 1:
        # The group is kept, which is right for its others. Memory or a package that this one lacked
        # may be there the next time: a process of its own says so, and is not kept if it fails.
        outcomes = await Get(_GroupOutcomes, FixtureGroup((field_set,)))
        outcome = outcomes[field_set.address]
    if outcome.problem:
        raise FixtureNotBuilt(outcome.problem)
    for warning in outcome.warnings:
        logger.warning(warning)
    return BuiltFixture(outcome.snapshot)


@rule
async def find_fixture_problem(request: BuildFixtureRequest) -> FixtureProblem:
    try:
        await Get(BuiltFixture, BuildFixtureRequest, request)
    except NOT_BUILT as error:
        return FixtureProblem(str(error))
    return FixtureProblem("")


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
