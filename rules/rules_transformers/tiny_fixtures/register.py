"""The backend `rules_transformers.tiny_fixtures`: tiny models as build products."""

from __future__ import annotations

from collections.abc import Iterable

from pants.engine.rules import Rule
from pants.engine.target import Target
from pants.engine.unions import UnionRule

from rules_transformers.modular import register as modular
from rules_transformers.tiny_fixtures import field_set, target_generator
from rules_transformers.tiny_fixtures.dependency_inference import rules as dependency_inference
from rules_transformers.tiny_fixtures.goals import package, publish, repl, run, tailor, test
from rules_transformers.tiny_fixtures.target_types import (
    TinyFixturesGeneratorTarget,
    TinyFixtureTarget,
)
from rules_transformers.tiny_fixtures.util_rules import (
    build,
    codegen,
    environment,
    model_sources,
    named_model,
    session,
)


def target_types() -> Iterable[type[Target]]:
    return (*modular.target_types(), TinyFixtureTarget, TinyFixturesGeneratorTarget)


def rules() -> Iterable[Rule | UnionRule]:
    return (
        *modular.rules(),
        *build.rules(),
        *codegen.rules(),
        *dependency_inference.rules(),
        *environment.rules(),
        *field_set.rules(),
        *model_sources.rules(),
        *named_model.rules(),
        *package.rules(),
        *publish.rules(),
        *repl.rules(),
        *run.rules(),
        *session.rules(),
        *tailor.rules(),
        *target_generator.rules(),
        *test.rules(),
    )
