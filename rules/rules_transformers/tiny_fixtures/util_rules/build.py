"""Builds a tiny fixture: one process, cached by what it reads."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass

from pants.backend.python.subsystems.setup import PythonSetup
from pants.engine.engine_aware import EngineAwareParameter
from pants.engine.fs import (
    EMPTY_DIGEST,
    Digest,
    GlobMatchErrorBehavior,
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
from rules_transformers.tiny_fixtures.field_set import TinyFixtureFieldSet
from rules_transformers.tiny_fixtures.util_rules.environment import (
    FixtureEnvironment,
    FixtureEnvironmentRequest,
)
from rules_transformers.tiny_fixtures.util_rules.model_sources import (
    ModelSources,
    ModelSourcesRequest,
)
from rules_transformers.tiny_fixtures.util_rules.request import request_document
from rules_transformers.util_rules.tool_commands import BUILD
from rules_transformers.util_rules.tool_process import REQUEST_FILE, ToolProcess
from rules_transformers.util_rules.tool_run import OutputsMissing, ToolRun

logger = logging.getLogger(__name__)

_OUTPUT_DIR = "__out"
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


@rule(desc="Build a tiny fixture", level=LogLevel.DEBUG)
async def build_tiny_fixture(
    request: BuildFixtureRequest, python_setup: PythonSetup
) -> BuiltFixture:
    field_set = request.field_set
    sources, environment = await MultiGet(
        Get(ModelSources, ModelSourcesRequest.of(field_set)),
        Get(
            FixtureEnvironment,
            FixtureEnvironmentRequest.create(field_set.resolve, python_setup),
        ),
    )
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
    process = await Get(
        Process,
        ToolProcess(
            BUILD,
            (REQUEST_FILE, "--output", _OUTPUT_DIR),
            environment.pex_request,
            (sources.digest, checkpoint),
            f"Build {field_set.address}",
            request=request_document(field_set, sources),
            env=_ENVIRONMENT,
            output_directories=(_OUTPUT_DIR,),
        ),
    )
    result = await Get(FallibleProcessResult, ToolRun(process))
    if result.exit_code != 0:
        # What is on stdout are the places of those that could be built, in the sandbox.
        messages = result.stderr.decode(errors="replace").strip()
        raise FixtureNotBuilt(f"{field_set.address} cannot be built\n{messages}")
    for warning in _WARNING.findall(result.stderr.decode(errors="replace")):
        logger.warning(warning)
    return BuiltFixture(await Get(Snapshot, RemovePrefix(result.output_digest, _OUTPUT_DIR)))


@rule
async def find_fixture_problem(request: BuildFixtureRequest) -> FixtureProblem:
    try:
        await Get(BuiltFixture, BuildFixtureRequest, request)
    except NOT_BUILT as error:
        return FixtureProblem(str(error))
    return FixtureProblem("")


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
