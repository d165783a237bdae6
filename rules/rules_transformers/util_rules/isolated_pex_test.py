from __future__ import annotations

from pants.backend.python.util_rules.pex import PexRequest, VenvPexRequest
from pants.engine.rules import TaskRule

from rules_transformers.gpu_benchmark import register as gpu_benchmark
from rules_transformers.modular import register as modular
from rules_transformers.parents import register as parents
from rules_transformers.tiny_fixtures import register as tiny_fixtures
from rules_transformers.util_rules.isolated_pex import IsolatedPex, IsolatedVenvPex


def test_rules_ask_for_a_pex_behind_a_union_only() -> None:
    gets = {
        (rule.canonical_name, request)
        for backend in (gpu_benchmark, modular, parents, tiny_fixtures)
        for rule in backend.rules()
        if isinstance(rule, TaskRule) and rule.canonical_name.startswith("rules_transformers.")
        for get in rule.input_gets
        for request in get.input_types
    }
    requests = {request for _, request in gets}
    assert {IsolatedPex, IsolatedVenvPex} <= requests
    assert not [rule for rule, request in gets if request in (PexRequest, VenvPexRequest)]
