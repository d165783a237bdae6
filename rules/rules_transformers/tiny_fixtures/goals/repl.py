"""`repl --shell=tiny`: Python with fixtures loadable by their names."""

from __future__ import annotations

from collections.abc import Iterable

from pants.core.goals.repl import ReplImplementation, ReplRequest
from pants.engine.rules import Get, Rule, collect_rules, rule
from pants.engine.unions import UnionRule

from rules_transformers.tiny_fixtures.util_rules.session import (
    FixtureSession,
    FixtureSessionRequest,
)


class TinyRepl(ReplImplementation):
    name = "tiny"


@rule
async def make_tiny_repl_request(request: TinyRepl) -> ReplRequest:
    session = await Get(FixtureSession, FixtureSessionRequest(tuple(request.addresses)))
    return ReplRequest(
        digest=session.digest,
        args=(*session.args, "python"),
        extra_env=session.extra_env,
        append_only_caches=session.append_only_caches,
    )


def rules() -> Iterable[Rule | UnionRule]:
    return (*collect_rules(), UnionRule(ReplImplementation, TinyRepl))
