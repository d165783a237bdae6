"""What the rules cost Pants' daemon: it solves the graph of all of them when it starts."""

from __future__ import annotations

from typing import Any

from pants.engine.fs import Workspace
from pants.engine.rules import TaskRule
from pants.engine.streaming_workunit_handler import WorkunitsCallbackFactoryRequest
from pants.engine.unions import UnionRule

from rules_transformers.gpu_benchmark import register as gpu_benchmark
from rules_transformers.modular import register as modular
from rules_transformers.modular.goals.generate import Generate
from rules_transformers.parents import register as parents
from rules_transformers.util_rules.freed_memory import FreedMemoryCallbackRequest


# What a rule asks for has another name from Pants 2.26 on: `Any` type-checks with each.
def _own() -> list[Any]:
    # These have the rules of the other two backends.
    rules = {
        rule.canonical_name: rule
        for rule in (*gpu_benchmark.rules(), *parents.rules())
        if isinstance(rule, TaskRule)
    }
    return [rule for name, rule in rules.items() if name.startswith("rules_transformers.")]


def test_what_our_rules_ask_with_is_no_result_of_our_rules() -> None:
    """Pants would solve what is below such a `Get` for the parameter and for the rule."""
    rules = _own()
    results = {rule.output_type: rule for rule in rules}
    asked_with = {
        (rule.canonical_name, given): results[given].canonical_name
        for rule in rules
        for get in rule.input_gets
        for given in get.input_types
        # Those of Pants, such as processes, have several origins in any case.
        if given in results and given.__module__.startswith("rules_transformers.")
    }
    assert not asked_with


def test_generate_leaves_no_workspace_to_the_rules_below_it() -> None:
    (rule,) = (rule for rule in _own() if rule.output_type is Generate)
    assert Workspace in rule.input_selectors


def test_memory_is_given_back_with_every_backend() -> None:
    """The others have the rules of this one."""
    wanted = UnionRule(WorkunitsCallbackFactoryRequest, FreedMemoryCallbackRequest)
    assert wanted in list(modular.rules())
