"""Gives the files of a fixture to what depends on it."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from pants.core.target_types import FileSourceField
from pants.engine.fs import EMPTY_SNAPSHOT
from pants.engine.rules import Get, Rule, collect_rules, rule
from pants.engine.target import GeneratedSources, GenerateSourcesRequest
from pants.engine.unions import UnionRule
from pants.util.logging import LogLevel

from rules_transformers.tiny_fixtures.field_set import TinyFixtureFieldSet
from rules_transformers.tiny_fixtures.target_types import FixtureFilesField
from rules_transformers.tiny_fixtures.util_rules.build import (
    BuildFixtureRequest,
    BuiltFixture,
    FixtureProblem,
)
from rules_transformers.util_rules.run_goals import RunGoals

logger = logging.getLogger(__name__)


class GenerateFixtureFilesRequest(GenerateSourcesRequest):
    input = FixtureFilesField
    output = FileSourceField


@rule(desc="Generate the files of a tiny fixture", level=LogLevel.DEBUG)
async def generate_fixture_files(
    request: GenerateFixtureFilesRequest, goals: RunGoals
) -> GeneratedSources:
    build = BuildFixtureRequest(TinyFixtureFieldSet.create(request.protocol_target))
    if goals.only_judge:
        problem = await Get(FixtureProblem, BuildFixtureRequest, build)
        if problem.message:
            # An exception here would end the run. The pytest plugin fails the tests that depend on
            # the fixture.
            logger.error(problem.message)
            return GeneratedSources(EMPTY_SNAPSHOT)
    built = await Get(BuiltFixture, BuildFixtureRequest, build)
    return GeneratedSources(built.snapshot)


def rules() -> Iterable[Rule | UnionRule]:
    return (
        *collect_rules(),
        UnionRule(GenerateSourcesRequest, GenerateFixtureFilesRequest),
    )
