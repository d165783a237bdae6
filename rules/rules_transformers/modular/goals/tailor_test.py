from __future__ import annotations

from typing import Any

import pytest
from pants.backend.python import target_types_rules
from pants.backend.python.goals import tailor as python_tailor
from pants.backend.python.goals.tailor import PutativePythonTargetsRequest
from pants.backend.python.target_types import (
    PythonSourcesGeneratorTarget,
    PythonTestsGeneratorTarget,
)
from pants.core.goals.tailor import AllOwnedSources, PutativeTarget, PutativeTargets
from pants.engine.rules import QueryRule
from pants.testutil.rule_runner import RuleRunner

from rules_transformers.modular.goals import tailor
from rules_transformers.modular.goals.tailor import PutativeModularModelsRequest
from rules_transformers.modular.target_types import ModularModelTarget

_PARENT = "from transformers.models.llama.modeling_llama import LlamaMLP\n"
_BANNER = "#    This file was automatically generated from src/m/a/modular_a.py."


@pytest.fixture
def rule_runner() -> RuleRunner:
    return RuleRunner(
        rules=[
            *tailor.rules(),
            *python_tailor.rules(),
            *target_types_rules.rules(),
            QueryRule(PutativeTargets, [PutativeModularModelsRequest, AllOwnedSources]),
            QueryRule(PutativeTargets, [PutativePythonTargetsRequest, AllOwnedSources]),
        ],
        target_types=[ModularModelTarget, PythonSourcesGeneratorTarget],
    )


def test_proposes_a_model_for_each_unowned_modular_file(rule_runner: RuleRunner) -> None:
    rule_runner.write_files(
        {
            "m/a/modular_a.py": _PARENT,
            "m/b/modular_b.py": _PARENT,
            "m/b/modeling_b.py": "",
            "modular_.py": _PARENT,
        }
    )
    proposals = rule_runner.request(
        PutativeTargets,
        [
            PutativeModularModelsRequest(("", "m/a", "m/b")),
            AllOwnedSources(["m/b/modular_b.py"]),
        ],
    )
    assert list(proposals) == [
        PutativeTarget.for_target_type(
            ModularModelTarget,
            path="m/a",
            name="a",
            triggering_sources=["modular_a.py"],
            kwargs={"source": "modular_a.py"},
        )
    ]


@pytest.mark.parametrize(
    ("text", "modeling", "models", "sources"),
    [
        ("from ..b.configuration_b import BConfig\n", "", ["a"], ["modeling_a.py"]),
        ("import os\nfrom b.processing_b import (\n    B,\n)\n", "", ["a"], ["modeling_a.py"]),
        ("if True:\n    from ...b.modeling_b import B\n", "", ["a"], ["modeling_a.py"]),
        ("", f"{_BANNER}\n", ["a"], []),
        ("", "# written by hand\n", [], ["modeling_a.py", "modular_a.py"]),
        ("from .modeling import B\n", "", [], ["modeling_a.py", "modular_a.py"]),
        ("# from ..b.modeling_b import B\n", "", [], ["modeling_a.py", "modular_a.py"]),
    ],
)
def test_a_name_alone_makes_no_model(
    rule_runner: RuleRunner, text: str, modeling: str, models: list[str], sources: list[str]
) -> None:
    rule_runner.write_files({"m/a/modular_a.py": text, "m/a/modeling_a.py": modeling})
    proposals = rule_runner.request(
        PutativeTargets, [PutativeModularModelsRequest(("m/a",)), AllOwnedSources()]
    )
    assert [proposal.name for proposal in proposals] == models
    of_python = _python_proposals(rule_runner).values()
    assert [file for _, files, _ in of_python for file in files] == sources


def _python_proposals(rule_runner: RuleRunner, *owned: str) -> dict[str, tuple[Any, ...]]:
    proposals = rule_runner.request(
        PutativeTargets, [PutativePythonTargetsRequest(("m/a",)), AllOwnedSources(owned)]
    )
    return {
        p.type_alias: (p.name, p.triggering_sources, p.kwargs.get("sources")) for p in proposals
    }


def test_python_proposals_leave_out_modular_and_generated_files(rule_runner: RuleRunner) -> None:
    rule_runner.write_files(
        {
            "m/a/modular_a.py": _PARENT,
            "m/a/modeling_a.py": f"{_BANNER}\n",
            "m/a/tokenization_a.py": "# written by hand\n",
            "m/a/helpers.py": "",
            "m/a/modeling_a_test.py": "",
        }
    )
    by_hand = ("helpers.py", "tokenization_a.py")
    tests = ("tests", ("modeling_a_test.py",), None)
    for owned in ((), ("m/a/modular_a.py",)):
        assert _python_proposals(rule_runner, *owned) == {
            PythonSourcesGeneratorTarget.alias: ("lib", by_hand, by_hand),
            PythonTestsGeneratorTarget.alias: tests,
        }


def test_python_proposals_without_modular_files_are_pythons_own(rule_runner: RuleRunner) -> None:
    rule_runner.write_files({"m/a/modeling_a.py": f"{_BANNER}\n", "m/a/helpers.py": ""})
    assert _python_proposals(rule_runner) == {
        PythonSourcesGeneratorTarget.alias: ("a", ("helpers.py", "modeling_a.py"), None)
    }


def test_nothing_is_proposed_where_all_is_generated(rule_runner: RuleRunner) -> None:
    rule_runner.write_files({"m/a/modular_a.py": "", "m/a/modeling_a.py": f"{_BANNER}\n"})
    assert _python_proposals(rule_runner) == {}
