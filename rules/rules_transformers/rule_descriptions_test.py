"""What Pants shows of our rules are words, and never the name of a rule."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from pants.engine.engine_aware import EngineAwareReturnType
from pants.engine.rules import Rule, TaskRule
from pants.util.logging import LogLevel

from internal.corpus import register as corpus
from internal.packaging import register as packaging
from internal.ruff import register as ruff
from internal.site import register as site
from rules_transformers.gpu_benchmark import register as gpu_benchmark
from rules_transformers.parents import register as parents

# These have the rules of the other two backends.
_BACKENDS = (gpu_benchmark, parents, corpus, packaging, ruff, site)


def _own(rules: Iterable[Rule]) -> list[TaskRule]:
    own = ("rules_transformers.", "internal.")
    return [
        rule for rule in rules if isinstance(rule, TaskRule) and rule.canonical_name.startswith(own)
    ]


@pytest.mark.parametrize("backend", _BACKENDS, ids=lambda backend: str(backend.__name__))
def test_a_description_is_shown(backend: object) -> None:
    """Pants evaluates it at the level of the rule, whatever level the result has then."""
    rules = _own(backend.rules())  # type: ignore[attr-defined]
    assert rules
    for rule in rules:
        if issubclass(rule.output_type, EngineAwareReturnType):
            assert rule.desc is not None, rule.canonical_name
        if rule.desc is not None:
            assert rule.level.level >= LogLevel.DEBUG.level, rule.canonical_name
