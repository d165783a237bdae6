"""The rules around a stand-in for the converter, which shows what reached its sandbox."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from pants.backend.python.target_types import (
    PythonSourceField,
)
from pants.core.goals.lint import LintResult
from pants.core.util_rules.partitions import _EmptyMetadata as NoMetadata
from pants.engine.addresses import Address, Addresses
from pants.engine.fs import DigestContents
from pants.engine.internals.scheduler import ExecutionError
from pants.engine.rules import QueryRule
from pants.engine.target import (
    Dependencies,
    DependenciesRequest,
    HydratedSources,
    HydrateSourcesRequest,
    Tags,
)
from pants.testutil.rule_runner import GoalRuleResult, RuleRunner
from pants.util.docutil import bin_name

from rules_transformers.modular import register
from rules_transformers.modular.field_set import ModularFieldSet
from rules_transformers.modular.goals import generate
from rules_transformers.modular.goals.generate import Generate
from rules_transformers.modular.goals.lint_freshness import FreshnessRequest
from rules_transformers.modular.target_types import (
    ModularSourceField,
)
from rules_transformers.testutil.stand_in_tools import (
    ENVIRONMENT,
    OPTIONS,
    SERVES_GROUPS,
    make_rule_runner,
    process_count,
    start_over,
)
from rules_transformers.util_rules.atomic_write import write_atomically

# Gives each modular file a `modeling` file: what the modular says, after what its parents say.
_STAND_IN = (
    SERVES_GROUPS
    + """
import json
import pathlib
import re
import sys

command = sys.argv[1]
request = json.loads(pathlib.Path(sys.argv[2].partition("=")[2]).read_text())
modulars = request["modulars"]


def modeling(path):
    return re.sub("modular_", "modeling_", path)


if command == "outline":
    entries = [
        {"path": modular["path"], "outputs": [{"path": modeling(modular["path"])}], "parents": []}
        for modular in modulars
    ]
    print(json.dumps({"modulars": entries}))
else:
    for modular in modulars:
        path = pathlib.Path(modular["path"])
        text = path.read_text()
        if "broken" in text:
            print(f"{path}:1:1: error: broken", file=sys.stderr)
            sys.exit(2)
        parents = [
            pathlib.Path(f"m/{name}/modeling_{name}.py").read_text().splitlines()[-1]
            for name in re.findall(r"modeling_(\\w+) import", text)
        ]
        output = pathlib.Path(request["output_dir"]) / modeling(modular["path"])
        output.parent.mkdir(parents=True)
        banner = f"# This file was automatically generated from {path}."
        last = text.splitlines()[-1]
        output.write_text("\\n".join([banner, "# " + " ".join(parents), last, ""]))
"""
)


def _new_rule_runner() -> RuleRunner:
    return make_rule_runner(
        register,
        {"modular_converter": _STAND_IN},
        rules=[
            QueryRule(Addresses, [DependenciesRequest]),
            QueryRule(HydratedSources, [HydrateSourcesRequest]),
            QueryRule(LintResult, [FreshnessRequest.Batch]),
        ],
    )


@pytest.fixture(scope="module")
def _rule_runner() -> RuleRunner:
    return _new_rule_runner()


@pytest.fixture
def rule_runner(_rule_runner: RuleRunner) -> RuleRunner:
    return start_over(_rule_runner)


@pytest.fixture
def counting_runner() -> RuleRunner:
    """One that has nothing memoized."""
    return _new_rule_runner()


def _model(name: str, *parents: str, line: str = "", build: str = "") -> dict[str, str]:
    """The files of a model in `m/` that inherits from `parents`."""
    imports = "".join(f"from ..{p}.modeling_{p} import X\n" for p in parents)
    return {
        f"m/{name}/BUILD": build or f"modular_model(name='{name}', source='modular_{name}.py')\n",
        f"m/{name}/modular_{name}.py": f"{imports}{line or name}\n",
    }


def _generated(name: str, *parents: str, line: str = "") -> str:
    banner = f"# This file was automatically generated from m/{name}/modular_{name}.py."
    return f"{banner}\n# {' '.join(parents)}\n{line or name}\n"


def _generate(rule_runner: RuleRunner, *args: str) -> GoalRuleResult:
    return rule_runner.run_goal_rule(
        Generate,
        global_args=(*OPTIONS, *(arg for arg in args if arg.startswith("--tag"))),
        args=[arg for arg in args if not arg.startswith("--tag")],
        env_inherit=ENVIRONMENT,
    )


def _read(rule_runner: RuleRunner, name: str) -> str:
    with open(f"{rule_runner.build_root}/m/{name}/modeling_{name}.py") as file:
        return file.read()


def test_generate_writes_the_selected_models_and_their_parents(rule_runner: RuleRunner) -> None:
    rule_runner.write_files({**_model("a"), **_model("b", "a"), **_model("c")})
    result = _generate(rule_runner, "m/b")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "changed   m/a:a: modeling_a.py",
        "changed   m/b:b: modeling_b.py",
        "2 changed",
    ]
    assert _read(rule_runner, "a") == _generated("a")
    assert _read(rule_runner, "b") == _generated("b", "a")
    with pytest.raises(FileNotFoundError):
        _read(rule_runner, "c")


def test_a_second_run_changes_nothing_and_runs_no_process(counting_runner: RuleRunner) -> None:
    counting_runner.write_files({**_model("a"), **_model("b", "a")})
    _generate(counting_runner, "::")
    assert process_count(counting_runner) > 0
    result = _generate(counting_runner, "::")
    assert result.stdout.splitlines() == ["unchanged m/a:a", "unchanged m/b:b", "2 unchanged"]
    assert process_count(counting_runner) == 0


def test_only_a_change_in_what_converts_converts_again(counting_runner: RuleRunner) -> None:
    """Of the tool, that is; the sandbox has its folders for converting and no others."""

    def generate(path: str) -> int:
        counting_runner.write_files({f"tools/modular_converter/{path}": f"# {time.monotonic()}"})
        _generate(counting_runner, "::")
        return process_count(counting_runner)

    counting_runner.write_files(_model("a"))
    assert generate("__init__.py") > 0
    for other in ("explain/report.py", "inheritance/svg.py", "cli/graph.py"):
        assert generate(other) == 0, other
    assert generate("syntax/tokens.py") == _OUTLINE + 1
    # To outline takes less.
    assert generate("emit/assembly.py") == 1


def test_children_are_converted_again_only_if_their_parents_output_changed(
    counting_runner: RuleRunner,
) -> None:
    counting_runner.write_files({**_model("a"), **_model("b", "a"), **_model("c", "b")})
    _generate(counting_runner, "::")

    # The stand-in drops all lines of a modular file but the last: `a` alone is converted.
    counting_runner.write_files({"m/a/modular_a.py": "# a comment\na\n"})
    result = _generate(counting_runner, "::")
    assert result.stdout.splitlines()[-1] == "3 unchanged"
    assert process_count(counting_runner) == _OUTLINE + 1

    # Now the output of `a` changes, with it that of `b`, but not the line that `c` takes over.
    counting_runner.write_files({"m/a/modular_a.py": "new\n"})
    result = _generate(counting_runner, "::")
    assert result.stdout.splitlines() == [
        "changed   m/a:a: modeling_a.py",
        "changed   m/b:b: modeling_b.py",
        "unchanged m/c:c",
        "2 changed, 1 unchanged",
    ]
    assert process_count(counting_runner) == _OUTLINE + 3


def test_check_prints_diffs_and_writes_nothing(rule_runner: RuleRunner) -> None:
    rule_runner.write_files(
        {**_model("a"), **_model("b"), "m/a/modeling_a.py": _generated("a", line="old")}
    )
    result = _generate(rule_runner, "--check", "::")
    assert result.exit_code == 1
    assert "-old\n+a\n" in result.stdout
    assert result.stdout.splitlines().count("m/b/modeling_b.py is missing") == 1
    assert "stale     m/a:a: modeling_a.py" in result.stderr
    assert f"hint: `{bin_name()} generate m/a:a m/b:b` brings them up to date" in result.stderr
    assert _read(rule_runner, "a") == _generated("a", line="old")

    _generate(rule_runner, "::")
    result = _generate(rule_runner, "--check", "::")
    assert (result.exit_code, result.stdout) == (0, "")


@pytest.mark.parametrize("spec", ["m/a/modular_a.py", "m/a/modeling_a.py", "m/a:a", "m/a:", "m/**"])
def test_a_model_is_selected_by_either_file_or_its_address(
    rule_runner: RuleRunner, spec: str
) -> None:
    rule_runner.write_files({**_model("a"), "m/a/modeling_a.py": "edited by hand\n"})
    assert _generate(rule_runner, spec).exit_code == 0
    assert _read(rule_runner, "a") == _generated("a")


def test_a_failing_model_does_not_stop_the_others(rule_runner: RuleRunner) -> None:
    rule_runner.write_files(
        {**_model("a"), **_model("bad", line="broken"), **_model("child", "bad")}
    )
    result = _generate(rule_runner, "::")
    assert result.exit_code == 2
    assert result.stdout.splitlines() == [
        "changed   m/a:a: modeling_a.py",
        "failed    m/bad:bad",
        "failed    m/child:child",
        "1 changed, 2 failed",
    ]
    assert result.stderr.splitlines() == [
        "m/bad/modular_bad.py:1:1: error: broken",
        "m/child/modular_child.py: not converted, because its parent m/bad/modular_bad.py was not",
    ]


def test_a_cycle_is_named(rule_runner: RuleRunner) -> None:
    rule_runner.write_files({**_model("a", "b"), **_model("b", "c"), **_model("c", "a")})
    result = _generate(rule_runner, "m/a")
    assert result.exit_code == 2
    first_line, hint = result.stderr.splitlines()
    prefix = "Modular files inherit from each other in a cycle: "
    assert first_line.startswith(prefix)
    cycle = first_line[len(prefix) :].split(" -> ")
    child_to_parent = {"m/a/modular_a.py": "m/b/modular_b.py"}
    child_to_parent["m/b/modular_b.py"] = "m/c/modular_c.py"
    child_to_parent["m/c/modular_c.py"] = "m/a/modular_a.py"
    assert len(cycle) == 4
    assert [child_to_parent[path] for path in cycle[:-1]] == cycle[1:]
    assert hint.startswith("hint: ")


def test_two_owners_are_named_with_their_build_lines(rule_runner: RuleRunner) -> None:
    files = {**_model("a"), "m/a/modeling_a.py": ""}
    files["m/a/BUILD"] = (
        "modular_model(name='a', source='modular_a.py')\n\npython_sources(name='lib')\n"
    )
    rule_runner.write_files(files)
    result = _generate(rule_runner, "::")
    assert result.exit_code == 2
    assert "m/a/modeling_a.py is generated from m/a/modular_a.py, but" in result.stderr
    assert "  m/a/BUILD:1: modular_model m/a:a\n" in result.stderr
    assert "  m/a/BUILD:3: python_sources m/a:lib\n" in result.stderr
    assert _read(rule_runner, "a") == ""


def test_a_read_only_directory_is_reported(
    rule_runner: RuleRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule_runner.write_files({**_model("a"), **_model("b")})

    def read_only(path: Path, content: bytes) -> None:
        if path.name == "modeling_b.py":
            raise PermissionError(13, "Permission denied")
        write_atomically(path, content)

    monkeypatch.setattr(generate, "write_atomically", read_only)
    result = _generate(rule_runner, "::")
    assert result.exit_code == 3
    assert "m/b/modeling_b.py: cannot be written: Permission denied" in result.stderr
    assert "1 file not written, and as before" in result.stderr
    assert result.stdout.splitlines() == [
        "changed   m/a:a: modeling_a.py",
        "failed    m/b:b",
        "1 changed, 1 failed",
    ]
    assert _read(rule_runner, "a") == _generated("a")


def test_a_leftover_of_an_earlier_modular_file_is_reported(rule_runner: RuleRunner) -> None:
    leftover = "# This file was automatically generated from m/a/modular_a.py."
    by_hand = "# Written by hand."
    rule_runner.write_files(
        {**_model("a"), "m/a/processing_a.py": leftover, "m/a/tokenization_a.py": by_hand}
    )
    result = _generate(rule_runner, "::")
    assert result.exit_code == 0
    assert (
        "warning: m/a/processing_a.py was generated from m/a/modular_a.py, which no longer"
        in result.stderr
    )
    assert "tokenization" not in result.stderr


def test_a_generator_target_with_overrides(rule_runner: RuleRunner) -> None:
    files = {**_model("a"), **_model("b"), "m/BUILD": _GENERATOR}
    del files["m/a/BUILD"], files["m/b/BUILD"]
    rule_runner.write_files(files)
    a, b = (
        rule_runner.get_target(Address("m", target_name="all", relative_file_path=path))
        for path in ("a/modular_a.py", "b/modular_b.py")
    )
    assert a[ModularSourceField].file_path == "m/a/modular_a.py"
    assert (a[Tags].value, b[Tags].value) == (("text",), None)
    result = _generate(rule_runner, "--tag=text", "::")
    assert result.stdout.splitlines()[0] == "changed   m/a/modular_a.py:../all: modeling_a.py"
    rule_runner.write_files({"m/b/modeling_b.py": "edited by hand\n"})
    assert _generate(rule_runner, "m/b/modeling_b.py").exit_code == 0
    assert _read(rule_runner, "b") == _generated("b")


_GENERATOR = """
modular_models(
    name="all",
    sources=["*/modular_*.py"],
    overrides={"a/modular_a.py": {"tags": ["text"]}},
)
"""


def test_dependants_get_the_fresh_output(rule_runner: RuleRunner) -> None:
    rule_runner.write_files(
        {
            **_model("a"),
            "m/a/modeling_a.py": "stale\n",
            "lib/BUILD": "python_sources()",
            "lib/use.py": "from m.a.modeling_a import X\n",
        }
    )
    use = Address("lib", relative_file_path="use.py")
    dependencies = rule_runner.request(
        Addresses, [DependenciesRequest(rule_runner.get_target(use)[Dependencies])]
    )
    assert list(dependencies) == [Address("m/a", target_name="a")]

    target = rule_runner.get_target(Address("m/a", target_name="a"))
    hydrated = rule_runner.request(
        HydratedSources,
        [
            HydrateSourcesRequest(
                target[ModularSourceField],
                for_sources_types=(PythonSourceField,),
                enable_codegen=True,
            )
        ],
    )
    contents = rule_runner.request(DigestContents, [hydrated.snapshot.digest])
    assert {file.path: file.content.decode() for file in contents} == {
        "m/a/modeling_a.py": _generated("a")
    }


def test_a_dependant_of_a_broken_model_sees_its_error(rule_runner: RuleRunner) -> None:
    rule_runner.write_files(_model("a", line="broken"))
    target = rule_runner.get_target(Address("m/a", target_name="a"))
    request = HydrateSourcesRequest(
        target[ModularSourceField], for_sources_types=(PythonSourceField,), enable_codegen=True
    )
    with pytest.raises(ExecutionError, match=r"m/a/modular_a\.py:1:1: error: broken"):
        rule_runner.request(HydratedSources, [request])


@pytest.mark.parametrize(
    ("checked_in", "exit_code"), [(_generated("a"), 0), (_generated("a", line="old"), 1), (None, 0)]
)
def test_lint_finds_stale_checked_in_files(
    rule_runner: RuleRunner, checked_in: str | None, exit_code: int
) -> None:
    rule_runner.write_files(_model("a"))
    if checked_in is not None:
        rule_runner.write_files({"m/a/modeling_a.py": checked_in})
    field_set = ModularFieldSet.create(rule_runner.get_target(Address("m/a", target_name="a")))
    batch = FreshnessRequest.Batch("modular-converter", (field_set,), NoMetadata())
    result = rule_runner.request(LintResult, [batch])
    assert result.exit_code == exit_code
    assert ("-old\n+a\n" in result.stdout) == (exit_code == 1)
    assert (f"`{bin_name()} generate m/a:a`" in result.stderr) == (exit_code == 1)


# Editing a modular file outlines all of them again, in one process.
_OUTLINE = 1


def test_the_converter_is_not_told_of_proxies(rule_runner: RuleRunner) -> None:
    program = _STAND_IN.replace(
        "else:\n", "else:\n    import os; sys.exit(' '.join(os.environ))\n", 1
    )
    rule_runner.write_files({**_model("a"), "tools/modular_converter/__main__.py": program})
    names = ("HTTPS_PROXY", "no_proxy", "KEPT")
    given = f"--subprocess-environment-env-vars={[f'{name}=x' for name in names]}"
    result = rule_runner.run_goal_rule(
        Generate, global_args=(*OPTIONS, given), env_inherit=ENVIRONMENT, args=["m/a"]
    )
    assert result.exit_code == 1
    assert [name for name in names if name in result.stderr.split()] == ["KEPT"]
