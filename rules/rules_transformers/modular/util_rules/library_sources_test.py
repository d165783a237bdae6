from __future__ import annotations

from typing import Any

import pytest
from pants.backend.python.subsystems.setup import PythonSetup
from pants.engine.fs import EMPTY_DIGEST
from pants.engine.rules import QueryRule
from pants.testutil.rule_runner import MockGet, RuleRunner, run_rule_with_mocks

from rules_transformers.modular.subsystem import ModularConverter
from rules_transformers.modular.util_rules.library_sources import (
    ParentSources,
    ParentSourcesRequest,
    ParentsRequirement,
    ParentsRequirementRequest,
    collect_parent_sources,
    find_parents_requirement,
    reason_of,
)
from rules_transformers.util_rules.distribution_sources import (
    DistributionSources,
    DistributionSourcesRequest,
)

_RESOLVES = (
    "--python-enable-resolves",
    "--python-resolves={'ml': 'ml.lock', 'tools': 'tools.lock'}",
    "--python-resolves-to-interpreter-constraints={'ml': ['==3.11.*']}",
    "--python-interpreter-constraints=['>=3.9']",
)


@pytest.fixture
def rule_runner() -> RuleRunner:
    runner = RuleRunner(
        rules=[
            find_parents_requirement,
            *ModularConverter.rules(),
            *PythonSetup.rules(),
            QueryRule(ParentsRequirement, [ParentsRequirementRequest]),
        ]
    )
    runner.write_files({"ml.lock": "fork==2.0\ntransformers==5.23.0\n", "tools.lock": "ruff==1\n"})
    return runner


@pytest.mark.parametrize(
    ("options", "parents", "resolve", "expected"),
    [
        (_RESOLVES, None, "ml", ("transformers==5.23.0", ("==3.11.*",))),
        (_RESOLVES, None, "tools", (None, (">=3.9",))),
        (_RESOLVES, "transformers==5.8.0", "ml", ("transformers==5.8.0", ("==3.11.*",))),
        (
            (*_RESOLVES, "--modular-converter-parents-distribution=fork"),
            None,
            "ml",
            ("fork==2.0", ("==3.11.*",)),
        ),
        (("--python-interpreter-constraints=['>=3.9']",), None, "x", (None, (">=3.9",))),
        (("--python-interpreter-constraints=['>=3.9']",), "t==1", "x", ("t==1", (">=3.9",))),
    ],
)
def test_the_distribution_of_the_parents(
    rule_runner: RuleRunner,
    options: tuple[str, ...],
    parents: str | None,
    resolve: str,
    expected: tuple[Any, ...],
) -> None:
    rule_runner.set_options(options)
    request = ParentsRequirementRequest(parents, resolve)
    requirement = rule_runner.request(ParentsRequirement, [request])
    assert (requirement.value, requirement.interpreter_constraints) == expected


def _collect(files: tuple[str, ...]) -> ParentSources:
    result: ParentSources = run_rule_with_mocks(
        collect_parent_sources,
        rule_args=[ParentSourcesRequest(ParentsRequirement("transformers==5.23.0", ("==3.11.*",)))],
        mock_gets=[
            MockGet(
                output_type=DistributionSources,
                input_types=(DistributionSourcesRequest,),
                mock=lambda request: DistributionSources(EMPTY_DIGEST, files),
            )
        ],
    )
    return result


def test_a_distribution_without_models_is_a_problem() -> None:
    assert _collect(("transformers/models/x/modeling_x.py",)) == ParentSources(EMPTY_DIGEST)
    assert _collect(()).problem.startswith("transformers==5.23.0 has no model sources")


@pytest.mark.parametrize(
    ("stderr", "reason"),
    [
        (
            "pid 1 -> pip download transformers==0 exited with 1 and STDERR:\n"
            "ERROR: Could not find a version that satisfies the requirement transformers==0 (from "
            "versions: 1.0, 2.0)\nERROR: No matching distribution found for transformers==0\n",
            "Could not find a version that satisfies the requirement transformers==0\n"
            "No matching distribution found for transformers==0",
        ),
        ("first\nInvalid requirement: x y\n", "Invalid requirement: x y"),
        ("", ""),
    ],
)
def test_why_a_distribution_cannot_be_fetched(stderr: str, reason: str) -> None:
    assert reason_of(stderr) == reason
