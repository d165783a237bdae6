from __future__ import annotations

import pytest
from pants.backend.python.subsystems.python_tool_base import PythonToolRequirementsBase
from pants.backend.python.subsystems.setup import PythonSetup
from pants.backend.python.util_rules.interpreter_constraints import InterpreterConstraints
from pants.engine.rules import QueryRule
from pants.option.subsystem import Subsystem
from pants.testutil.rule_runner import RuleRunner

from rules_transformers.gpu_benchmark.subsystem import GpuBenchmark
from rules_transformers.modular.subsystem import ModularConverter
from rules_transformers.parents.subsystem import ParentFinder
from rules_transformers.util_rules.tool_interpreters import TOOL_INTERPRETERS, tool_interpreters

_TOOLS: tuple[type[PythonToolRequirementsBase], ...] = (
    GpuBenchmark,
    ModularConverter,
    ParentFinder,
)


@pytest.fixture(scope="module")
def rule_runner() -> RuleRunner:
    subsystems: tuple[type[Subsystem], ...] = (*_TOOLS, PythonSetup)
    rules = [rule for each in subsystems for rule in (*each.rules(), QueryRule(each, []))]
    return RuleRunner(rules=rules)


def _chosen(
    runner: RuleRunner, tool: type[PythonToolRequirementsBase], *options: str
) -> InterpreterConstraints:
    runner.set_options(options)
    return tool_interpreters(runner.request(tool, []), runner.request(PythonSetup, []))


@pytest.mark.parametrize("tool", _TOOLS)
@pytest.mark.parametrize(
    ("repository", "expected"),
    [
        ("==3.11.*", "==3.11.*"),
        ("CPython>=3.12,<3.14", "CPython>=3.12,<3.14"),
        # Some of these, or all, the tools don't run on.
        ("CPython>=3.10,<3.13", TOOL_INTERPRETERS),
        ("==3.9.*", TOOL_INTERPRETERS),
        ("PyPy==3.11.*", TOOL_INTERPRETERS),
        # Later ones than the Pants that runs knows of.
        ("CPython>=3.11", TOOL_INTERPRETERS),
        ("CPython==3.11.99", TOOL_INTERPRETERS),
    ],
)
def test_interpreters_of_the_repository_if_the_tools_run_on_all_of_them(
    rule_runner: RuleRunner,
    tool: type[PythonToolRequirementsBase],
    repository: str,
    expected: str,
) -> None:
    chosen = _chosen(rule_runner, tool, f"--python-interpreter-constraints=['{repository}']")
    assert chosen == InterpreterConstraints([expected])


def test_an_option_decides(rule_runner: RuleRunner) -> None:
    chosen = _chosen(
        rule_runner,
        ModularConverter,
        "--python-interpreter-constraints=['==3.11.*']",
        "--modular-converter-interpreter-constraints=['CPython>=3.10']",
    )
    assert chosen == InterpreterConstraints(["CPython>=3.10"])
