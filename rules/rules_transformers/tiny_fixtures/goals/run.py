"""`run`: a command in an environment in which a fixture is loadable by its name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pants.core.goals.run import RunFieldSet, RunInSandboxBehavior, RunRequest
from pants.engine.rules import Get, Rule, collect_rules, rule
from pants.engine.unions import UnionRule

from rules_transformers.tiny_fixtures.target_types import FixtureFilesField
from rules_transformers.tiny_fixtures.util_rules.session import (
    FixtureSession,
    FixtureSessionRequest,
)


@dataclass(frozen=True)
class TinyFixtureRunFieldSet(RunFieldSet):
    required_fields = (FixtureFilesField,)
    run_in_sandbox_behavior = RunInSandboxBehavior.NOT_SUPPORTED


@rule
async def run_with_tiny_fixture(field_set: TinyFixtureRunFieldSet) -> RunRequest:
    session = await Get(FixtureSession, FixtureSessionRequest((field_set.address,)))
    return RunRequest(
        digest=session.digest,
        args=session.args,
        extra_env=session.extra_env,
        append_only_caches=session.append_only_caches,
    )


def rules() -> Iterable[Rule | UnionRule]:
    return (*collect_rules(), *TinyFixtureRunFieldSet.rules())
