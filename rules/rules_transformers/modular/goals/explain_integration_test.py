"""`generate --explain` around a stand-in for the converter, which reports what it was given."""

from __future__ import annotations

import pytest
from pants.testutil.rule_runner import GoalRuleResult, RuleRunner

from rules_transformers.modular import register
from rules_transformers.modular.goals.explain import Place
from rules_transformers.modular.goals.generate import Generate
from rules_transformers.testutil.stand_in_tools import (
    ENVIRONMENT,
    OPTIONS,
    SERVES_GROUPS,
    make_rule_runner,
    start_over,
)

# Gives each modular file a `modeling` file with its last line. Explains a place by listing the
# modular files of its request and all model files in its sandbox, each with its last line.
_STAND_IN = (
    SERVES_GROUPS
    + """
import json
import pathlib
import sys

command, option, *arguments = sys.argv[1:]
request = json.loads(pathlib.Path(option.partition("=")[2]).read_text())
paths = [modular["path"] for modular in request["modulars"]]


def modeling(path):
    return path.replace("modular_", "modeling_")


def last_line(path):
    return path.read_text().splitlines()[-1]


if command == "outline":
    entries = [{"path": path, "outputs": [{"path": modeling(path)}]} for path in paths]
    print(json.dumps({"modulars": entries}))
elif command == "convert":
    for path in map(pathlib.Path, paths):
        if last_line(path) == "broken":
            print(f"{path}:1:1: error: broken", file=sys.stderr)
            sys.exit(2)
        output = pathlib.Path(request["output_dir"]) / modeling(str(path))
        output.parent.mkdir(parents=True)
        output.write_text(f"fresh {last_line(path)}\\n")
else:
    place, = arguments
    print(f"explain {place}")
    print("modulars:", *sorted(paths))
    for path in sorted(pathlib.Path(".").glob("m/*/*.py")):
        print(f"{path}: {last_line(path)}")
    print("a message from __parents/library/x.py", file=sys.stderr)
    sys.exit(int(place.rpartition(":")[2]))
"""
)


@pytest.fixture(scope="module")
def _rule_runner() -> RuleRunner:
    return make_rule_runner(register, {"modular_converter": _STAND_IN})


@pytest.fixture
def rule_runner(_rule_runner: RuleRunner) -> RuleRunner:
    return start_over(_rule_runner)


def _model(name: str, parent: str = "", line: str = "") -> dict[str, str]:
    """The files of a model in `m/` that inherits from `parent`."""
    header = f"from ..{parent}.modeling_{parent} import X\n" if parent else ""
    return {
        f"m/{name}/BUILD": f"modular_model(name='{name}', source='modular_{name}.py')\n",
        f"m/{name}/modular_{name}.py": f"{header}{line or name}\n",
    }


_BY_HAND = {
    "m/hand/BUILD": "python_sources()\n",
    "m/hand/modeling_hand.py": "by hand\n",
    "m/other/BUILD": "python_sources()\n",
    "m/other/modeling_other.py": "other\n",
}


def _generate(rule_runner: RuleRunner, *args: str) -> GoalRuleResult:
    return rule_runner.run_goal_rule(
        Generate, global_args=OPTIONS, args=args, env_inherit=ENVIRONMENT
    )


def test_the_sandbox_has_every_ancestor_and_the_file_as_it_is(rule_runner: RuleRunner) -> None:
    rule_runner.write_files(
        {
            **_BY_HAND,
            **_model("a", "hand"),
            **_model("b", "a"),
            **_model("c", "b"),
            **_model("unrelated"),
            "m/b/modeling_b.py": "stale\n",
            "m/c/modeling_c.py": "as it is\n",
        }
    )
    result = _generate(rule_runner, "--explain=m/c/modeling_c.py:0")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "explain m/c/modeling_c.py:0",
        "modulars: m/a/modular_a.py m/b/modular_b.py m/c/modular_c.py",
        "m/a/modeling_a.py: fresh a",
        "m/a/modular_a.py: a",
        "m/b/modeling_b.py: fresh b",
        "m/b/modular_b.py: b",
        "m/c/modeling_c.py: as it is",
        "m/c/modular_c.py: c",
        "m/hand/modeling_hand.py: by hand",
    ]
    assert result.stderr == "a message from library/x.py\n"


def test_a_file_that_was_never_written_is_explained(rule_runner: RuleRunner) -> None:
    rule_runner.write_files(_model("a"))
    result = _generate(rule_runner, f"--explain={rule_runner.build_root}/m/a/modeling_a.py:0")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "explain m/a/modeling_a.py:0",
        "modulars: m/a/modular_a.py",
        "m/a/modular_a.py: a",
    ]


@pytest.mark.parametrize("code", [1, 2])
def test_the_exit_code_is_passed_on(rule_runner: RuleRunner, code: int) -> None:
    rule_runner.write_files(_model("a"))
    assert _generate(rule_runner, f"--explain=m/a/modeling_a.py:{code}").exit_code == code


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("m/a/modular_a.py", "m/a/modular_a.py: modular files are written by hand"),
        ("m/a/modeling_x.py", "m/a/modeling_x.py: there is no such file"),
        ("m/hand/modeling_hand.py", "m/hand/modeling_hand.py: no modular model generates this"),
    ],
)
def test_a_file_that_no_target_generates(rule_runner: RuleRunner, path: str, message: str) -> None:
    rule_runner.write_files({**_BY_HAND, **_model("a")})
    result = _generate(rule_runner, f"--explain={path}:1")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(message)
    assert "\nhint: " in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("--explain=m/a/modeling_a.py:1", "--check"),
        ("--explain=m/a/modeling_a.py:1", "::"),
        ("--explain=m/a/modeling_a.py",),
        ("--explain=:1",),
    ],
)
def test_explain_stands_alone(rule_runner: RuleRunner, arguments: tuple[str, ...]) -> None:
    rule_runner.write_files(_model("a"))
    result = _generate(rule_runner, *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "`--explain` takes FILE:LINE" in result.stderr


def test_an_ancestor_that_cannot_be_converted_is_reported(rule_runner: RuleRunner) -> None:
    rule_runner.write_files({**_model("a", line="broken"), **_model("b", "a")})
    result = _generate(rule_runner, "--explain=m/b/modeling_b.py:1")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "m/a/modular_a.py:1:1: error: broken\n"


def test_a_cycle_is_named(rule_runner: RuleRunner) -> None:
    rule_runner.write_files({**_model("a", "b"), **_model("b", "a")})
    result = _generate(rule_runner, "--explain=m/a/modeling_a.py:1")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("Modular files inherit from each other in a cycle")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("m/x.py:12", Place("m/x.py", "12")),
        ("./m/x.py:A.f", Place("m/x.py", "A.f")),
        ("/root/m/x.py:12:3", Place("m/x.py", "12:3")),
        ("m/x.py", None),
        ("m/x.py:", None),
        (".py:1", None),
    ],
)
def test_places(text: str, place: Place | None) -> None:
    assert Place.parse(text, "/root") == place
