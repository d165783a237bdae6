"""Warnings of the converter in `lint` and `generate`, with a stand-in that warns on demand."""

from __future__ import annotations

import json

import pytest
from pants.core.goals.lint import LintResult
from pants.core.util_rules.partitions import _EmptyMetadata as NoMetadata
from pants.engine.addresses import Address
from pants.engine.fs import DigestContents
from pants.engine.rules import QueryRule
from pants.testutil.rule_runner import GoalRuleResult, RuleRunner

from rules_transformers.modular import register
from rules_transformers.modular.field_set import ModularFieldSet
from rules_transformers.modular.goals.generate import Generate
from rules_transformers.modular.goals.lint_findings import REPORT_NAME, distinct, merged_log
from rules_transformers.modular.goals.lint_freshness import FreshnessRequest
from rules_transformers.modular.util_rules.convert import Report
from rules_transformers.testutil.stand_in_tools import (
    ENVIRONMENT,
    OPTIONS,
    SERVES_GROUPS,
    make_rule_runner,
    start_over,
)

# A modular file that says `warn CODE` gets that warning, unless the request ignores it; one that
# says `broken` fails. Both are in the SARIF log, at the place that `--sarif` names. The message is
# what the request says that renaming made in the parents.
_STAND_IN = (
    SERVES_GROUPS
    + """
import json
import pathlib
import re
import sys

arguments = dict(each[2:].partition("=")[::2] for each in sys.argv[2:])
request = json.loads(pathlib.Path(arguments["request"]).read_text())
modulars = request["modulars"]
if "nonsense" in request["ignore"]:
    print("__request.json: error[unknown-code]: `nonsense` cannot be ignored", file=sys.stderr)
    sys.exit(2)


def modeling(path):
    return path.replace("modular_", "modeling_")


if sys.argv[1] == "outline":
    entries = [
        {"path": modular["path"], "outputs": [{"path": modeling(modular["path"])}], "parents": []}
        for modular in modulars
    ]
    print(json.dumps({"modulars": entries}))
    sys.exit(0)

(modular,) = modulars
text = pathlib.Path(modular["path"]).read_text()
broken = "broken" in text
findings = [("error", "broken")] if broken else []
for code in re.findall(r"warn ([\\w-]+)", text):
    if code not in request["ignore"]:
        findings.append(("warning", code))
made = request.get("renamed")
message = f"so in __parents/lib/x.py:1, {made}" if made else "so"
for level, code in findings:
    print(f"{modular['path']}:1:1: {level}[{code}]: {message}", file=sys.stderr)
results = [
    {"ruleId": code, "level": level, "message": {"text": message}} for level, code in findings
]
run = {
    "tool": {"driver": {"name": "stand-in"}},
    "invocations": [{"executionSuccessful": not broken}],
    "results": results,
    "properties": {"renamed": {modeling(modular["path"]): ["made"]}},
}
pathlib.Path(arguments["sarif"]).write_text(json.dumps({"version": "2.1.0", "runs": [run]}))
if broken:
    sys.exit(2)
if "quiet" not in arguments:
    print("chatter")
output = pathlib.Path(request["output_dir"]) / modeling(modular["path"])
output.parent.mkdir(parents=True)
output.write_text(f"# This file was automatically generated from {modular['path']}.\\n")
"""
)


@pytest.fixture(scope="module")
def _rule_runner() -> RuleRunner:
    return make_rule_runner(
        register,
        {"modular_converter": _STAND_IN},
        rules=[QueryRule(LintResult, [FreshnessRequest.Batch])],
    )


@pytest.fixture
def rule_runner(_rule_runner: RuleRunner) -> RuleRunner:
    runner = start_over(_rule_runner)
    runner.write_files(
        {
            "m/BUILD": "modular_models(name='all', sources=['*/modular_*.py'])\n",
            "m/a/modular_a.py": "warn one, warn two\n",
            "m/b/modular_b.py": "\n",
        }
    )
    return runner


def _lint(rule_runner: RuleRunner, *options: str) -> LintResult:
    rule_runner.set_options([*OPTIONS, *options], env_inherit=ENVIRONMENT)
    field_sets = tuple(
        ModularFieldSet.create(
            rule_runner.get_target(
                Address("m", target_name="all", relative_file_path=f"{name}/modular_{name}.py")
            )
        )
        for name in "ab"
    )
    batch = FreshnessRequest.Batch("modular-converter", field_sets, NoMetadata())
    return rule_runner.request(LintResult, [batch])


def _results(rule_runner: RuleRunner, result: LintResult) -> list[str]:
    (file,) = rule_runner.request(DigestContents, [result.report])
    assert file.path == REPORT_NAME
    (run,) = json.loads(file.content)["runs"]
    assert "properties" not in run
    return [each["ruleId"] for each in run["results"]]


def test_lint_shows_warnings_and_passes(rule_runner: RuleRunner) -> None:
    result = _lint(rule_runner)
    assert result.exit_code == 0
    assert result.stderr.splitlines() == [
        "m/a/modular_a.py:1:1: warning[one]: so",
        "m/a/modular_a.py:1:1: warning[two]: so",
    ]
    assert _results(rule_runner, result) == ["one", "two"]


def test_ignored_warnings_are_not_shown(rule_runner: RuleRunner) -> None:
    result = _lint(rule_runner, "--modular-converter-ignore=['one']")
    assert result.stderr.splitlines() == ["m/a/modular_a.py:1:1: warning[two]: so"]
    assert _results(rule_runner, result) == ["two"]
    # The option is part of what the result is cached under.
    assert "warning[one]" in _lint(rule_runner).stderr


def test_an_error_fails_and_is_in_the_report(rule_runner: RuleRunner) -> None:
    rule_runner.write_files({"m/b/modular_b.py": "broken\n"})
    result = _lint(rule_runner)
    assert result.exit_code == 1
    assert "m/b/modular_b.py:1:1: error[broken]: so" in result.stderr
    assert _results(rule_runner, result) == ["one", "two", "broken"]


def _generate(rule_runner: RuleRunner, *args: str) -> GoalRuleResult:
    return rule_runner.run_goal_rule(
        Generate, global_args=OPTIONS, args=args, env_inherit=ENVIRONMENT
    )


def test_generate_shows_the_warnings_of_what_it_converts(rule_runner: RuleRunner) -> None:
    result = _generate(rule_runner, "::")
    assert result.exit_code == 0
    assert result.stderr.splitlines() == [
        "m/a/modular_a.py:1:1: warning[one]: so",
        "m/a/modular_a.py:1:1: warning[two]: so",
    ]
    assert "chatter" not in result.stdout + result.stderr
    assert _generate(rule_runner, "m/b/modular_b.py").stderr == ""
    ignoring = _generate(rule_runner, "--modular-converter-ignore=['one', 'two']", "::")
    assert ignoring.stderr == ""


def test_a_child_is_converted_with_what_renaming_made_in_its_parent(
    rule_runner: RuleRunner,
) -> None:
    rule_runner.write_files(
        {"m/b/modular_b.py": "from ..a.modeling_a import X\nwarn three\n", "m/a/modular_a.py": ""}
    )
    message = "so in lib/x.py:1, {'m/a/modeling_a.py': ['made']}"
    result = _generate(rule_runner, "::")
    assert result.stderr.splitlines() == [f"m/b/modular_b.py:1:1: warning[three]: {message}"]
    linted = _lint(rule_runner)
    (file,) = rule_runner.request(DigestContents, [linted.report])
    (run,) = json.loads(file.content)["runs"]
    assert [each["message"]["text"] for each in run["results"]] == [message]


def test_a_bad_option_is_named_as_such(rule_runner: RuleRunner) -> None:
    result = _generate(rule_runner, "--modular-converter-ignore=['nonsense']", "::")
    assert result.exit_code == 2
    assert result.stderr.splitlines() == [
        "[modular-converter]: error[unknown-code]: `nonsense` cannot be ignored"
    ]


def test_findings_are_shown_once() -> None:
    broken_parent = (
        "m/p/modeling_p.py:1:2: error[syntax-error]: no\n  1 | x\n    |  ^\nhint: fix it"
    )
    assert distinct(
        [
            f"{broken_parent}\nm/a/modular_a.py:1: warning[one]: so",
            f"m/b/modular_b.py:1: warning[one]: so\n{broken_parent}",
            "",
        ]
    ) == (
        broken_parent,
        "m/a/modular_a.py:1: warning[one]: so",
        "m/b/modular_b.py:1: warning[one]: so",
    )


def test_merging_keeps_every_result_and_the_worst_outcome() -> None:
    log = {"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "t"}}, "results": []}]}

    def report(name: str, is_successful: bool) -> Report:
        return Report(json.dumps(log), json.dumps([{"ruleId": name}]), is_successful)

    (run,) = merged_log([report("a", True), report("b", False)])["runs"]
    assert [each["ruleId"] for each in run["results"]] == ["a", "b"]
    assert run["invocations"] == [{"executionSuccessful": False}]
