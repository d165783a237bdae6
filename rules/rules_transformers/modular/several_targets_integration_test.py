"""Several targets of one modular file, and targets that spoil nothing but themselves."""

from __future__ import annotations

from pathlib import Path

import pytest
from pants.backend.codegen import export_codegen_goal
from pants.backend.codegen.export_codegen_goal import ExportCodegen
from pants.backend.python.target_types import PythonSourceField
from pants.core.goals.lint import LintResult
from pants.core.util_rules.partitions import _EmptyMetadata as NoMetadata
from pants.engine.addresses import Address, Addresses
from pants.engine.internals.scheduler import ExecutionError
from pants.engine.rules import QueryRule
from pants.engine.target import (
    Dependencies,
    DependenciesRequest,
    HydratedSources,
    HydrateSourcesRequest,
)
from pants.testutil.rule_runner import GoalRuleResult, RuleRunner
from pants.util.docutil import bin_name

from rules_transformers.modular import register
from rules_transformers.modular.field_set import ModularFieldSet
from rules_transformers.modular.goals.generate import Generate
from rules_transformers.modular.goals.lint_freshness import FreshnessRequest
from rules_transformers.modular.target_types import ModularSourceField
from rules_transformers.testutil.stand_in_tools import (
    ENVIRONMENT,
    OPTIONS,
    SERVES_GROUPS,
    make_rule_runner,
    start_over,
)

# Gives each modular file a `modeling` and a `configuration` file, which say which other files the
# sandbox has. As the converter, it refuses to have one file listed twice.
_STAND_IN = (
    SERVES_GROUPS
    + """
import json
import pathlib
import sys

request = json.loads(pathlib.Path(sys.argv[2].partition("=")[2]).read_text())
modulars = request["modulars"]
paths = [modular["path"] for modular in modulars]
if len(set(paths)) < len(paths):
    sys.exit("listed twice")
parents = sorted(str(path) for path in pathlib.Path("m").glob("*/modeling_*.py"))


def outputs(modular):
    for kind in modular["outputs"] or ("configuration", "modeling"):
        yield modular["path"].replace("modular_", f"{kind}_")


if sys.argv[1] == "outline":
    entries = [
        {"path": modular["path"], "outputs": [{"path": path} for path in outputs(modular)]}
        for modular in modulars
    ]
    print(json.dumps({"modulars": entries}))
else:
    (modular,) = modulars
    text = pathlib.Path(modular["path"]).read_text()
    print("m/p/modeling_p.py:1: warning[rename-in-url]: found in a parent", file=sys.stderr)
    for path in outputs(modular):
        output = pathlib.Path(request["output_dir"]) / path
        output.parent.mkdir(parents=True, exist_ok=True)
        banner = f"# This file was automatically generated from {modular['path']}."
        output.write_text("\\n".join([banner, *parents, text]))
"""
)


@pytest.fixture(scope="module")
def _rule_runner() -> RuleRunner:
    return make_rule_runner(
        register,
        {"modular_converter": _STAND_IN},
        rules=[
            *export_codegen_goal.rules(),
            QueryRule(Addresses, [DependenciesRequest]),
            QueryRule(HydratedSources, [HydrateSourcesRequest]),
            QueryRule(LintResult, [FreshnessRequest.Batch]),
        ],
    )


@pytest.fixture
def rule_runner(_rule_runner: RuleRunner) -> RuleRunner:
    runner = start_over(_rule_runner)
    runner.write_files(
        {
            "m/a/modular_a.py": "a\n",
            "m/other/modular_other.py": "other\n",
            "m/other/BUILD": "modular_model(name='other', source='modular_other.py')\n",
            "m/p/modeling_p.py": "",
            "m/p/BUILD": "python_sources()\n",
            "m/q/modeling_q.py": "",
            "m/q/BUILD": "python_sources()\n",
            "lib/BUILD": "python_sources()\n",
            "lib/use.py": "from m.a.modeling_a import X\n",
        }
    )
    return runner


def _target(fields: str, name: str = "a") -> str:
    return f"modular_model(name='{name}', source='modular_a.py', {fields})\n"


_SAME = "tags=parametrize(one=['x'], two=['y'])"
_DISJOINT = "outputs=parametrize(code=['modeling'], config=['configuration'])"
_COLLIDING = "dependencies=parametrize(p=['m/p'], q=['m/q'])"


def _generate(rule_runner: RuleRunner, *args: str, options: tuple[str, ...] = ()) -> GoalRuleResult:
    return rule_runner.run_goal_rule(
        Generate, global_args=(*OPTIONS, *options), args=args, env_inherit=ENVIRONMENT
    )


def _lint(rule_runner: RuleRunner, *addresses: Address) -> LintResult:
    field_sets = tuple(ModularFieldSet.create(rule_runner.get_target(each)) for each in addresses)
    return rule_runner.request(
        LintResult, [FreshnessRequest.Batch("modular-converter", field_sets, NoMetadata())]
    )


def _written(rule_runner: RuleRunner) -> set[str]:
    root = Path(rule_runner.build_root, "m")
    return {path.name for path in root.glob("*/*_*.py")} - {
        "modular_a.py",
        "modular_other.py",
        "modeling_p.py",
        "modeling_q.py",
    }


@pytest.mark.parametrize(
    ("build", "lines", "dependency"),
    [
        (
            _target(_SAME),
            (
                "changed   m/a@tags=one: configuration_a.py, modeling_a.py",
                "changed   m/a@tags=two: configuration_a.py, modeling_a.py",
            ),
            Address("m/a", parameters={"tags": "one"}),
        ),
        (
            _target("") + _target("tags=['x']", "also"),
            (
                "changed   m/a:a: configuration_a.py, modeling_a.py",
                "changed   m/a:also: configuration_a.py, modeling_a.py",
            ),
            Address("m/a"),
        ),
        (
            _target(_DISJOINT),
            (
                "changed   m/a@outputs=code: modeling_a.py",
                "changed   m/a@outputs=config: configuration_a.py",
            ),
            Address("m/a", parameters={"outputs": "code"}),
        ),
        (
            "modular_models(name='all', overrides={'modular_a.py': {'outputs': "
            "parametrize(code=['modeling'], config=['configuration'])}})\n",
            (
                "changed   m/a/modular_a.py:all@outputs=code: modeling_a.py",
                "changed   m/a/modular_a.py:all@outputs=config: configuration_a.py",
            ),
            Address(
                "m/a",
                target_name="all",
                relative_file_path="modular_a.py",
                parameters={"outputs": "code"},
            ),
        ),
    ],
    ids=["same outputs", "two targets", "disjoint outputs", "overrides"],
)
def test_targets_that_agree_work(
    rule_runner: RuleRunner, build: str, lines: tuple[str, ...], dependency: Address
) -> None:
    rule_runner.write_files({"m/a/BUILD": build})
    result = _generate(rule_runner, "::")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        *lines,
        "changed   m/other:other: configuration_other.py, modeling_other.py",
        "2 changed",
    ]
    # What each of them found in the same parent is shown once.
    assert result.stderr.count("found in a parent") == 1
    assert _generate(rule_runner, "--check", "::").exit_code == 0

    # An import means one of them, and brings all that the modular file generates.
    use = rule_runner.get_target(Address("lib", relative_file_path="use.py"))
    dependencies = rule_runner.request(Addresses, [DependenciesRequest(use[Dependencies])])
    assert list(dependencies) == [dependency]
    model = rule_runner.get_target(dependency)
    hydrated = rule_runner.request(
        HydratedSources,
        [
            HydrateSourcesRequest(
                model[ModularSourceField],
                for_sources_types=(PythonSourceField,),
                enable_codegen=True,
            )
        ],
    )
    assert hydrated.snapshot.files == ("m/a/configuration_a.py", "m/a/modeling_a.py")
    assert _export(rule_runner).exit_code == 0
    exported = Path(rule_runner.build_root, "dist/codegen/m/a")
    assert {path.name for path in exported.iterdir()} == {"configuration_a.py", "modeling_a.py"}


def _export(rule_runner: RuleRunner) -> GoalRuleResult:
    return rule_runner.run_goal_rule(
        ExportCodegen, global_args=OPTIONS, args=["::"], env_inherit=ENVIRONMENT
    )


def test_targets_that_collide_are_named_and_stop_no_others(rule_runner: RuleRunner) -> None:
    rule_runner.write_files({"m/a/BUILD": _target(_COLLIDING)})
    one, two = (Address("m/a", parameters={"dependencies": name}) for name in "pq")
    message = (
        "m/a/configuration_a.py: error: several targets generate this file, with different "
        f"contents:\n  {one}\n  {two}\n"
        "hint: give them different `outputs`, or keep one of them; "
        f"`{bin_name()} generate '{one}'` writes the files of that one alone\n"
    )
    result = _generate(rule_runner, "::")
    assert result.exit_code == 2
    assert result.stderr.count(message) == 1
    assert result.stdout.splitlines() == [
        f"failed    {one}",
        f"failed    {two}",
        "changed   m/other:other: configuration_other.py, modeling_other.py",
        "1 changed, 1 failed",
    ]
    assert _written(rule_runner) == {"configuration_other.py", "modeling_other.py"}

    rule_runner.write_files({"m/other/modeling_other.py": "stale\n"})
    linted = _lint(rule_runner, one, two, Address("m/other"))
    assert linted.exit_code == 1
    assert message in linted.stderr
    assert f"`{bin_name()} generate m/other:other` brings" in linted.stderr

    with pytest.raises(ExecutionError, match="several targets generate this file"):
        _export(rule_runner)

    # By its address, either can be had.
    assert _generate(rule_runner, str(two)).exit_code == 0
    assert "m/q/modeling_q.py" in Path(rule_runner.build_root, "m/a/modeling_a.py").read_text()


def test_a_child_of_parents_that_collide_fails_alone(rule_runner: RuleRunner) -> None:
    child = "modular_model(source='modular_child.py', dependencies=['m/a:p', 'm/a:q'])\n"
    rule_runner.write_files(
        {
            "m/a/BUILD": _target("dependencies=['m/p']", "p")
            + _target("dependencies=['m/q']", "q"),
            "m/child/BUILD": child,
            "m/child/modular_child.py": "child\n",
        }
    )
    result = _generate(rule_runner, "m/child", "m/other")
    assert result.exit_code == 2
    assert "changed   m/other:other" in result.stdout
    assert "m/a/configuration_a.py: error: several targets generate this file" in result.stderr


@pytest.mark.parametrize(
    ("dependency", "message"),
    [
        ("m/nowhere", "m/nowhere"),
        ("m:no:where", "m:no:where"),
        ("m/b", "does not provide enough address parameters"),
    ],
)
def test_bad_dependencies_stop_no_other(
    rule_runner: RuleRunner, dependency: str, message: str
) -> None:
    outputs = "outputs=parametrize(a=['modeling'], b=['configuration'])"
    rule_runner.write_files(
        {
            "m/a/BUILD": _target(f"dependencies=['{dependency}']"),
            "m/b/BUILD": f"modular_model(source='modular_b.py', {outputs})\n",
            "m/b/modular_b.py": "b\n",
        }
    )
    result = _generate(rule_runner, "m/a", "m/other")
    assert result.exit_code == 2
    (line,) = [line for line in result.stderr.splitlines() if "error: " in line]
    assert line.startswith("m/a:a: error: ")
    assert message in result.stderr
    assert result.stdout.splitlines()[-1] == "1 changed, 1 failed"


def test_a_cycle_stops_nothing_but_itself(rule_runner: RuleRunner) -> None:
    rule_runner.write_files(
        {
            "m/a/BUILD": _target("dependencies=['m/b']"),
            "m/b/BUILD": "modular_model(source='modular_b.py', dependencies=['m/a'])\n",
            "m/b/modular_b.py": "b\n",
        }
    )
    result = _generate(rule_runner, "::")
    assert result.exit_code == 2
    cycle = "cycle: m/a/modular_a.py -> m/b/modular_b.py -> m/a/modular_a.py\n"
    assert result.stderr.count(cycle) == 1
    assert result.stdout.splitlines()[-1] == "1 changed, 2 failed"
    linted = _lint(rule_runner, Address("m/a"), Address("m/b"), Address("m/other"))
    assert linted.exit_code == 1
    assert linted.stderr.count(cycle) == 1


def test_parents_that_cannot_be_fetched_stop_no_other_model(rule_runner: RuleRunner) -> None:
    rule_runner.write_files({"m/a/BUILD": _target("parents='no-such-distribution==1'")})
    nowhere = ("--python-repos-indexes=[]", "--python-repos-find-links=[]")
    result = _generate(rule_runner, "::", options=nowhere)
    assert result.exit_code == 3
    assert (
        "m/a/modular_a.py: error: no-such-distribution==1, which holds the parents, cannot be "
        "fetched:\n"
    ) in result.stderr
    assert result.stdout.splitlines()[-2:] == [
        "changed   m/other:other: configuration_other.py, modeling_other.py",
        "1 changed, 1 failed",
    ]


@pytest.mark.parametrize("content", [None, b"x = '\xff'\n"], ids=["missing", "not UTF-8"])
def test_a_file_that_cannot_be_read_stops_no_other(
    rule_runner: RuleRunner, content: bytes | None
) -> None:
    rule_runner.write_files({"m/a/BUILD": _target("")})
    path = Path(rule_runner.build_root, "m/a/modular_a.py")
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    rule_runner.scheduler.invalidate_files({"m/a/modular_a.py"})
    result = _generate(rule_runner, "::")
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "failed    m/a:a",
        "changed   m/other:other: configuration_other.py, modeling_other.py",
        "1 changed, 1 failed",
    ]


@pytest.mark.parametrize("fields", ["outputs=['modeling']", _DISJOINT])
def test_what_narrowed_outputs_leave_over_is_named(rule_runner: RuleRunner, fields: str) -> None:
    leftover = "# This file was automatically generated from m/a/modular_a.py."
    rule_runner.write_files({"m/a/BUILD": _target(fields), "m/a/configuration_a.py": leftover})
    warning = (
        "warning: m/a/configuration_a.py was generated from m/a/modular_a.py, which no longer "
        "produces it\nhint: delete it, or add `configuration` to the `outputs` of m/a:a\n"
    )
    is_left_over = fields != _DISJOINT
    specs = ["m/a"] if is_left_over else ["m/a@outputs=code"]
    result = _generate(rule_runner, "--check", *specs)
    assert (warning in result.stderr) == is_left_over
    parameters = {} if is_left_over else {"outputs": "code"}
    linted = _lint(rule_runner, Address("m/a", parameters=parameters))
    assert (warning in f"{linted.stderr}\n") == is_left_over
