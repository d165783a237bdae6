"""The rules around a stand-in for the tool, whose fixtures show what reached its sandbox."""

from __future__ import annotations

import ast
import json
import shlex
import time
from collections.abc import Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
from pants.backend.python.goals.pytest_runner import PytestPluginSetup
from pants.backend.python.target_types import PythonTestTarget
from pants.backend.python.util_rules import python_sources
from pants.core.goals import package as package_goal
from pants.core.goals.package import BuiltPackage, BuiltPackageArtifact
from pants.core.goals.tailor import AllOwnedSources, PutativeTargets
from pants.core.target_types import FileSourceField
from pants.core.util_rules import archive
from pants.engine.addresses import Address, Addresses
from pants.engine.fs import EMPTY_SNAPSHOT, Digest, DigestContents, MergeDigests
from pants.engine.internals.scheduler import ExecutionError
from pants.engine.rules import QueryRule
from pants.engine.target import (
    Dependencies,
    DependenciesRequest,
    GeneratedSources,
    HydratedSources,
    HydrateSourcesRequest,
    Tags,
)
from pants.testutil.rule_runner import MockGet, RuleRunner, run_rule_with_mocks

from rules_transformers.testutil.stand_in_tools import (
    ENVIRONMENT,
    OPTIONS,
    SERVES_GROUPS,
    make_rule_runner,
    process_count,
    start_over,
)
from rules_transformers.testutil.tiny_models_stand_in import SERVES_FIXTURE_GROUPS
from rules_transformers.tiny_fixtures import register
from rules_transformers.tiny_fixtures.field_set import TinyFixtureFieldSet
from rules_transformers.tiny_fixtures.goals.package import TinyFixturePackageFieldSet
from rules_transformers.tiny_fixtures.goals.tailor import PutativeTinyFixturesRequest
from rules_transformers.tiny_fixtures.goals.test import (
    MODULES,
    PLUGIN,
    FixturesPytestPluginRequest,
)
from rules_transformers.tiny_fixtures.target_types import (
    FixtureArchitecturesField,
    FixtureFilesField,
    FixturePublishToField,
    FixtureRepoIdField,
    FixtureSeedField,
)
from rules_transformers.tiny_fixtures.util_rules.build import (
    CAPACITY,
    BuildFixtureRequest,
    BuiltFixture,
    FixtureGroups,
    FixtureProblem,
)
from rules_transformers.tiny_fixtures.util_rules.codegen import (
    GenerateFixtureFilesRequest,
    generate_fixture_files,
)
from rules_transformers.util_rules.run_goals import RunGoals

_TINY_MODELS = (
    SERVES_FIXTURE_GROUPS
    + """
import json
import pathlib
import sys

if sys.argv[1] == "companions":
    tables = pathlib.Path(sys.argv[2], "auto/tables.py").read_text()
    if tables == "broken":
        print("m/auto/tables.py:1:1: error: broken", file=sys.stderr)
        sys.exit(2)
    print(tables)
    sys.exit(0)
command, request, option, output = sys.argv[1:]
assert (command, option) == ("build", "--output")
(fixture,) = json.loads(pathlib.Path(request).read_text())["fixtures"]
if fixture.get("model_type") == "lama":
    print("m:tiny: error: no model type lama", file=sys.stderr)
    sys.exit(2)
if fixture.get("model_type") == "timm":
    print("m:tiny: error: timm is not there", file=sys.stderr)
    sys.exit(3)
if fixture.get("model_type") == "vit":
    print("m:t: warning: left out\\nhint: add it\\n[1/1] built", file=sys.stderr)
for architecture in fixture["architectures"]:
    directory = pathlib.Path(output) / fixture["path"]
    repo_id = fixture.get("repo_id")
    if len(fixture["architectures"]) > 1:
        directory /= architecture
        repo_id = repo_id and f"{repo_id}-{architecture}"
    directory.mkdir(parents=True)
    seen = sorted(str(path) for path in pathlib.Path(".").glob("m/**/*") if path.is_file())
    manifest = {"repo_id": repo_id, "seen": seen, "source": fixture.get("source")}
    manifest.update({name: fixture.get(name) for name in ("config", "from_checkpoint")})
    (directory / "fixture.json").write_text(json.dumps(manifest))
    (directory / "config.json").write_text("{}")
"""
)
_MODULAR_CONVERTER = (
    SERVES_GROUPS
    + """
import json
import pathlib
import sys

command, option, *arguments = sys.argv[1:]
request = json.loads(pathlib.Path(option.partition("=")[2]).read_text())
paths = [modular["path"] for modular in request["modulars"]]
generated = {path: path.replace("modular_", "modeling_") for path in paths}


def outputs(path):
    _, marker, kinds = pathlib.Path(path).read_text().partition("# generates ")
    names = kinds.split() if marker else ["modeling"]
    return [{"path": path.replace("modular_", f"{name}_")} for name in names]


if command == "outline":
    entries = [{"path": path, "outputs": outputs(path)} for path in paths]
    print(json.dumps({"modulars": entries}))
else:
    for path in paths:
        text = pathlib.Path(path).read_text()
        if "broken" in text:
            print(f"{path}:1:1: error: broken", file=sys.stderr)
            sys.exit(2)
        output = pathlib.Path(request["output_dir"]) / generated[path]
        output.parent.mkdir(parents=True)
        output.write_text(text.splitlines()[-1])
"""
)


@pytest.fixture(scope="module")
def _rule_runner() -> RuleRunner:
    runner = make_rule_runner(
        register,
        {"tiny_models": _TINY_MODELS, "modular_converter": _MODULAR_CONVERTER},
        rules=[
            *archive.rules(),
            *package_goal.rules(),
            *python_sources.rules(),
            QueryRule(Addresses, [DependenciesRequest]),
            QueryRule(BuiltFixture, [BuildFixtureRequest]),
            QueryRule(BuiltPackage, [TinyFixturePackageFieldSet]),
            QueryRule(FixtureGroups, []),
            QueryRule(FixtureProblem, [BuildFixtureRequest]),
            QueryRule(HydratedSources, [HydrateSourcesRequest]),
            QueryRule(PutativeTargets, [PutativeTinyFixturesRequest, AllOwnedSources]),
            QueryRule(PytestPluginSetup, [FixturesPytestPluginRequest]),
        ],
        target_types=[PythonTestTarget],
    )
    runner.write_files(
        {f"tools/{module}.py": "" for module in MODULES if module != "tiny_models/__init__"}
    )
    return runner


@pytest.fixture
def rule_runner(_rule_runner: RuleRunner) -> RuleRunner:
    runner = start_over(_rule_runner)
    runner.write_files(
        {
            "m/common/BUILD": "python_sources()\n",
            "m/common/tool.py": "",
            "m/base/BUILD": "modular_model(name='base', source='modular_base.py')\n",
            "m/base/modular_base.py": "first\n",
            "m/x/BUILD": "modular_model(name='x', source='modular_x.py')\n"
            "tiny_fixture(name='tiny', model=':x', architectures=['XModel'], repo_id='t/x')\n",
            "m/x/modular_x.py": "import m.common.tool\nimport m.base.modeling_base\nlast\n",
        }
    )
    return runner


def _files(rule_runner: RuleRunner, address: Address) -> dict[str, bytes]:
    target = rule_runner.get_target(address)
    hydrated = rule_runner.request(
        HydratedSources,
        [
            HydrateSourcesRequest(
                target[FixtureFilesField],
                for_sources_types=(FileSourceField,),
                enable_codegen=True,
            )
        ],
    )
    contents = rule_runner.request(DigestContents, [hydrated.snapshot.digest])
    return {file.path: file.content for file in contents}


_TINY = Address("m/x", target_name="tiny")


def test_files_of_a_model_of_the_repository(rule_runner: RuleRunner) -> None:
    files = _files(rule_runner, _TINY)
    assert sorted(files) == ["m/x/tiny/config.json", "m/x/tiny/fixture.json"]
    manifest = json.loads(files["m/x/tiny/fixture.json"])
    assert manifest["source"] == {"module": "m.x.modeling_x", "root": "."}
    # Parents are left out: their code is in the generated file already.
    assert manifest["seen"] == ["m/common/tool.py", "m/x/modeling_x.py"]
    target = rule_runner.get_target(_TINY)
    dependencies = rule_runner.request(Addresses, [DependenciesRequest(target[Dependencies])])
    assert list(dependencies) == [Address("m/x")]


def test_a_package_that_imports_its_model_brings_no_parents(rule_runner: RuleRunner) -> None:
    """As `models/ember` does, which inherits from `models/quill`."""
    rule_runner.write_files(
        {
            "m/x/__init__.py": "import m.x.modeling_x\n",
            "m/x/BUILD": "modular_model(name='x', source='modular_x.py')\n"
            "python_sources(name='lib', sources=['__init__.py'])\n"
            "tiny_fixture(name='tiny', model=':x', architectures=['XModel'])\n",
        }
    )
    seen = json.loads(_files(rule_runner, _TINY)["m/x/tiny/fixture.json"])["seen"]
    assert seen == ["m/common/tool.py", "m/x/__init__.py", "m/x/modeling_x.py"]
    # Another content of the parent changes nothing that is generated for the child.
    rule_runner.write_files({"m/base/modular_base.py": "# a comment\nsecond\n"})
    rule_runner.set_options(OPTIONS, env_inherit=ENVIRONMENT)
    _files(rule_runner, _TINY)
    # Outlined, and both converted: the parent, and the child from what is generated for it.
    assert process_count(rule_runner) == 3


def test_a_dependency_of_the_fixture_is_there_when_it_is_built(rule_runner: RuleRunner) -> None:
    """Only a person knows what a model imports by a name in its config."""
    rule_runner.write_files(
        {
            "m/part/BUILD": "python_sources()\n",
            "m/part/modeling_part.py": "import m.common.more\n",
            "m/common/more.py": "",
            "m/x/BUILD": "modular_model(name='x', source='modular_x.py')\n"
            "tiny_fixture(name='tiny', model=':x', architectures=['XModel'], "
            "dependencies=['m/part', 'm/base:base'])\n",
        }
    )
    seen = json.loads(_files(rule_runner, _TINY)["m/x/tiny/fixture.json"])["seen"]
    expected = [
        "base/modeling_base.py",
        "common/more.py",
        "common/tool.py",
        "part/modeling_part.py",
    ]
    assert seen == [*(f"m/{path}" for path in expected), "m/x/modeling_x.py"]


_TABLES = {"x": ["m/y/tokenization_y.py", "m/base/processing_base.py", "m/gone/processing_gone.py"]}

_WITH_COMPANIONS = ["m/base:base", "m/x:x", "m/x/tokenization_x.py:lib", "m/y/tokenization_y.py"]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("", _WITH_COMPANIONS),
        ("processors=False", _WITH_COMPANIONS),
        ("tokenizer='none'", _WITH_COMPANIONS),
        ("processors=False, tokenizer='none'", ["m/x:x"]),
    ],
)
def test_a_tokenizer_and_processors_are_inferred(
    rule_runner: RuleRunner, fields: str, expected: list[str]
) -> None:
    """From beside the model, generated or not, and as the Auto classes of its library have them."""
    rule_runner.write_files(
        {
            "m/auto/auto_factory.py": "",
            "m/auto/tables.py": json.dumps(_TABLES),
            "m/base/modular_base.py": "# generates modeling processing",
            "m/y/BUILD": "python_sources()\n",
            "m/y/tokenization_y.py": "",
            "m/x/tokenization_x.py": "",
            "m/x/tokenization_x_test.py": "",
            "m/x/BUILD": "modular_model(name='x', source='modular_x.py')\n"
            "python_sources(name='lib')\n"
            "python_sources(name='tests', sources=['*_test.py'])\n"
            f"tiny_fixture(name='tiny', model=':x', architectures=['XModel'], {fields})\n",
        }
    )
    target = rule_runner.get_target(_TINY)
    found = rule_runner.request(Addresses, [DependenciesRequest(target[Dependencies])])
    assert [each.spec for each in found] == expected


def test_a_library_whose_tables_cannot_be_read(rule_runner: RuleRunner) -> None:
    target = rule_runner.get_target(_TINY)
    rule_runner.write_files({"m/auto/tables.py": "broken"})
    # A model that is called `auto`.
    assert rule_runner.request(Addresses, [DependenciesRequest(target[Dependencies])])
    rule_runner.write_files({"m/auto/auto_factory.py": ""})
    rule_runner.set_options(OPTIONS, env_inherit=ENVIRONMENT)
    with pytest.raises(ExecutionError) as caught:
        rule_runner.request(Addresses, [DependenciesRequest(target[Dependencies])])
    assert "models in m cannot be found\nm/auto/tables.py:1:1: error: broken" in str(caught.value)


def _fixture(name: str, **fields: Any) -> str:
    values = {"model_type": "llama", "architectures": ["A"], "repo_id": f"t/{name}", **fields}
    arguments = "".join(f", {field}={value!r}" for field, value in values.items())
    return f"tiny_fixture(name='{name}'{arguments})\n"


def test_a_changed_config_rebuilds_that_fixture_alone(rule_runner: RuleRunner) -> None:
    def build(*definitions: str) -> tuple[list[dict[str, bytes]], int]:
        rule_runner.write_files({"m/BUILD": "".join(definitions)})
        # A session of its own, whose count of processes begins at nothing.
        rule_runner.set_options(OPTIONS, env_inherit=ENVIRONMENT)
        files = [_files(rule_runner, Address("m", target_name=name)) for name in "ab"]
        return files, process_count(rule_runner)

    first, processes = build(_fixture("a"), _fixture("b"))
    assert processes > 1
    assert build(_fixture("a"), _fixture("b")) == (first, 0)
    # What is not part of a model is no reason to build it again.
    assert build(_fixture("a", tags=["fast"], publish_to="t/z"), _fixture("b")) == (first, 0)

    changed, processes = build(_fixture("a"), _fixture("b", config={"num_hidden_layers": 3}))
    assert processes == 1
    assert changed[0] == first[0]
    assert b"num_hidden_layers" in changed[1]["m/b/fixture.json"]


def test_many_fixtures_are_built_in_groups(rule_runner: RuleRunner) -> None:
    names = [f"f{number}" for number in range(CAPACITY + 6)]
    # What the first build needs besides is not to count.
    _files(rule_runner, _TINY)

    def build(selected: list[str], **fields: Any) -> tuple[dict[str, bytes], int]:
        """The files of some fixtures, of which `f0` has other fields, and the processes."""
        definitions = [_fixture(name, **(fields if name == "f0" else {})) for name in names]
        rule_runner.write_files({"m/BUILD": "".join(definitions)})
        rule_runner.set_options(OPTIONS, env_inherit=ENVIRONMENT)
        files: dict[str, bytes] = {}
        for name in selected:
            files.update(_files(rule_runner, Address("m", target_name=name)))
        return files, process_count(rule_runner)

    groups = rule_runner.request(FixtureGroups, [])
    assert not groups
    one, processes = build(["f0"])
    # Whichever is selected, its group is built, and no other.
    assert processes == 1
    everything, processes = build(names)
    assert 1 <= processes < len(names) / 4
    assert everything.items() >= one.items()
    changed, processes = build(names, config={"num_hidden_layers": 3})
    assert processes == 1
    assert {path for path in everything if everything[path] != changed[path]} == {
        "m/f0/fixture.json"
    }
    # One that cannot be built leaves its neighbours alone, and does not run them again.
    others = [name for name in names if name != "f0"]
    failing, processes = build(others, model_type="lama")
    assert failing == {path: everything[path] for path in failing}
    assert processes == 1
    assert build(others, model_type="lama")[1] == 0
    problem = rule_runner.request(
        FixtureProblem,
        [
            BuildFixtureRequest(
                TinyFixtureFieldSet.create(rule_runner.get_target(Address("m", target_name="f0")))
            )
        ],
    )
    assert problem.message == "m:f0 cannot be built\nm:tiny: error: no model type lama"


def test_a_fixture_that_lacks_something_has_no_neighbours_built_again(
    rule_runner: RuleRunner,
) -> None:
    names = [f"f{number}" for number in range(20)]
    definitions = [_fixture(name, model_type="timm" if name == "f0" else "llama") for name in names]
    rule_runner.write_files({"m/BUILD": "".join(definitions)})
    rule_runner.set_options(OPTIONS, env_inherit=ENVIRONMENT)
    lacking, *others = (Address("m", target_name=name) for name in names)
    for address in others:
        _files(rule_runner, address)
    for _ in range(2):
        # Another day: what it lacked may be there now, so that it is tried again, by itself.
        rule_runner.set_options(OPTIONS, env_inherit=ENVIRONMENT)
        for address in others:
            _files(rule_runner, address)
        assert process_count(rule_runner) == 0
        field_set = TinyFixtureFieldSet.create(rule_runner.get_target(lacking))
        problem = rule_runner.request(FixtureProblem, [BuildFixtureRequest(field_set)])
        assert problem.message == "m:f0 cannot be built\nm:tiny: error: timm is not there"
        assert process_count(rule_runner) == 1


def test_fixtures_that_lie_side_by_side_share_groups(rule_runner: RuleRunner) -> None:
    wanted = {Address(f"tests/{name}", target_name="tiny") for name in "abcd"}
    others = {Address(f"models/x{number}", target_name="tiny") for number in range(20)}
    rule_runner.write_files(
        {
            f"{address.spec_path}/BUILD": _fixture("tiny", repo_id=address.spec_path)
            for address in wanted | others
        }
    )
    groups = rule_runner.request(FixtureGroups, [])
    together = {member.address for member in groups[min(wanted)].members}
    assert together >= wanted
    # They would fit, and are not wanted.
    assert not together & others


def test_only_a_change_in_what_builds_builds_again(rule_runner: RuleRunner) -> None:
    """Of the tool, that is; the sandbox has its folders for building and no others."""

    def build(path: str) -> int:
        rule_runner.write_files({f"tools/tiny_models/{path}": f"# {time.monotonic()}"})
        rule_runner.set_options(OPTIONS, env_inherit=ENVIRONMENT)
        _files(rule_runner, Address("m", target_name="a"))
        return process_count(rule_runner)

    rule_runner.write_files({"m/BUILD": _fixture("a")})
    assert build("__init__.py") > 0
    for other in ("hub/repository.py", "coverage/report.py", "cli/publish.py", "runtime/run.py"):
        assert build(other) == 0, other
    for own in ("weights/model.py", "cli/build.py", "__init__.py"):
        assert build(own) == 1, own


def test_a_changed_modular_rebuilds_its_fixture_if_the_generated_code_changed(
    rule_runner: RuleRunner,
) -> None:
    def build(modular: str) -> int:
        rule_runner.write_files({"m/x/modular_x.py": modular})
        rule_runner.set_options(OPTIONS, env_inherit=ENVIRONMENT)
        _files(rule_runner, _TINY)
        return process_count(rule_runner)

    imports = "import m.common.tool\nimport m.base.modeling_base\n"
    build(f"{imports}last\n")
    # The stand-in drops all lines of a modular file but the last: outlined and converted only.
    assert build(f"# a comment\n{imports}last\n") == 2
    assert build(f"{imports}new\n") == 3


def test_a_checkpoint_is_what_its_fixture_is_built_from(rule_runner: RuleRunner) -> None:
    def build(tokenizer: str) -> tuple[dict[str, Any], int]:
        rule_runner.write_files({"m/ckpt/tokenizer.json": tokenizer})
        rule_runner.set_options(OPTIONS, env_inherit=ENVIRONMENT)
        files = _files(rule_runner, Address("m", target_name="a"))
        return json.loads(files["m/a/fixture.json"]), process_count(rule_runner)

    rule_runner.write_files(
        {
            "m/BUILD": _fixture("a", from_checkpoint="ckpt") + _fixture("b"),
            "m/ckpt/templates/chat.jinja": "",
        }
    )
    manifest, _ = build("{}")
    assert manifest["from_checkpoint"] == "m/ckpt"
    assert manifest["seen"] == ["m/ckpt/templates/chat.jinja", "m/ckpt/tokenizer.json"]
    assert build("{}") == (manifest, 0)
    assert build("[]") == (manifest, 1)
    other = _files(rule_runner, Address("m", target_name="b"))
    assert json.loads(other["m/b/fixture.json"])["seen"] == []


def test_warnings_of_the_tool_are_shown(
    rule_runner: RuleRunner, caplog: pytest.LogCaptureFixture
) -> None:
    rule_runner.write_files({"m/BUILD": _fixture("t", model_type="vit")})
    assert _files(rule_runner, Address("m", target_name="t"))
    assert [record.message for record in caplog.records if record.name.endswith(".build")] == [
        "m:t: warning: left out\nhint: add it"
    ]


def test_a_fixture_for_each_architecture(rule_runner: RuleRunner) -> None:
    rule_runner.write_files(
        {"m/BUILD": "tiny_fixture(name='t', model_type='llama', architectures=['A', 'B'])\n"}
    )
    files = _files(rule_runner, Address("m", target_name="t"))
    assert {path for path in files if path.endswith("fixture.json")} == {
        "m/t/A/fixture.json",
        "m/t/B/fixture.json",
    }
    assert json.loads(files["m/t/A/fixture.json"])["seen"] == []


def test_targets_for_listed_architectures(rule_runner: RuleRunner) -> None:
    rule_runner.write_files(
        {
            "m/BUILD": "tiny_fixtures(name='t', model='m/x', architectures=['A', 'B'], seed=3, "
            "repo_id='t/y', publish_to='team/y', tags=['fast'])\n"
        }
    )
    address = Address("m", target_name="t", generated_name="B")
    target = rule_runner.get_target(address)
    assert target[FixtureArchitecturesField].value == ("B",)
    assert target[FixtureRepoIdField].value == "t/y-B"
    assert target[FixturePublishToField].value == "team/y-B"
    assert target[FixtureSeedField].value == 3
    assert target[Tags].value == ("fast",)
    assert sorted(_files(rule_runner, address)) == ["m/t/B/config.json", "m/t/B/fixture.json"]


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        (
            "tiny_fixtures(name='t', model='m/x')",
            "m:t must list the `architectures` of its `model`\nhint: ",
        ),
        (
            "tiny_fixtures(name='t', model_type='llama')",
            "m:t names no `architectures`, and its resolve pins no transformers",
        ),
        ("tiny_fixtures(name='t')", "must have one of `model` and `model_type`, but neither"),
    ],
)
def test_generators_that_cannot_be(rule_runner: RuleRunner, build: str, expected: str) -> None:
    rule_runner.write_files({"m/BUILD": build})
    with pytest.raises(ExecutionError) as caught:
        rule_runner.get_target(Address("m", target_name="t", generated_name="A"))
    assert expected in str(caught.value), str(caught.value)


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        (
            "tiny_fixture(name='t', model_type='lama', architectures=['A'])",
            "m:t cannot be built\nm:tiny: error: no model type lama",
        ),
        (
            "tiny_fixture(name='t', model='m/common:common', architectures=['A'])",
            "The `model` field in target m:t must name a `modular_model`, but m/common:common is a "
            "`python_sources`\nhint: ",
        ),
        (
            "tiny_fixture(name='t', model_type='llama', architectures=['A'], "
            "from_checkpoint='nowhere')",
            "the `from_checkpoint` field of m:t",
        ),
        (
            "tiny_fixture(name='t', model='m/broken', architectures=['A'])",
            "m:t cannot be built, because m/broken/modular_broken.py cannot be converted\n"
            "m/broken/modular_broken.py:1:1: error: broken",
        ),
    ],
)
def test_bad_input(rule_runner: RuleRunner, build: str, expected: str) -> None:
    rule_runner.write_files(
        {
            "m/BUILD": build,
            "m/broken/BUILD": "modular_model(name='broken', source='modular_broken.py')\n",
            "m/broken/modular_broken.py": "broken",
        }
    )
    with pytest.raises(ExecutionError) as caught:
        _files(rule_runner, Address("m", target_name="t"))
    assert expected in str(caught.value), str(caught.value)
    # Where only tests want it, those that depend on it fail, and no others.
    rule_runner.write_files(
        {
            "m/a/BUILD": "python_test(name='a', source='a_test.py', "
            "dependencies=['m:t', 'm/x:tiny'])",
            "m/a/a_test.py": "",
        }
    )
    index = _index(_placed(rule_runner, "a", "m/a"))
    assert index["test"] == "m/a/a_test.py"
    assert [entry["directory"] for entry in index["fixtures"]] == ["m/x/tiny"]
    (problem,) = index["problems"]
    assert expected in problem


def test_goals_that_only_judge_get_no_files_of_a_broken_fixture(
    rule_runner: RuleRunner, caplog: pytest.LogCaptureFixture
) -> None:
    rule_runner.write_files(
        {"m/BUILD": "tiny_fixture(name='t', model_type='lama', architectures=['A'])"}
    )
    request = GenerateFixtureFilesRequest(
        EMPTY_SNAPSHOT, rule_runner.get_target(Address("m", target_name="t"))
    )

    def generate(*goals: str) -> GeneratedSources:
        result: GeneratedSources = run_rule_with_mocks(
            generate_fixture_files,
            rule_args=[request, RunGoals(goals)],
            mock_gets=[
                MockGet(
                    output_type=output,
                    input_types=(BuildFixtureRequest,),
                    mock=lambda build, output=output: rule_runner.request(output, [build]),
                )
                for output in (BuiltFixture, FixtureProblem)
            ],
        )
        return result

    assert generate("lint", "test").snapshot == EMPTY_SNAPSHOT
    assert "m:t cannot be built\nm:tiny: error: no model type lama" in caplog.text
    with pytest.raises(ExecutionError, match="m:t cannot be built"):
        generate("test", "package")


def _placed(rule_runner: RuleRunner, name: str, directory: str = "m") -> dict[str, bytes]:
    """What a test target's sandbox gets beside its sources."""
    target = rule_runner.get_target(Address(directory, target_name=name))
    setup = rule_runner.request(PytestPluginSetup, [FixturesPytestPluginRequest(target)])
    contents = rule_runner.request(DigestContents, [setup.digest])
    return {file.path: file.content for file in contents}


def _index(placed: Mapping[str, bytes]) -> dict[str, Any]:
    """What the plugin is given for one test target."""
    (content,) = (content for path, content in placed.items() if path.endswith(".json"))
    index: dict[str, Any] = json.loads(content)
    return index


def test_a_name_means_one_fixture_of_a_test(rule_runner: RuleRunner) -> None:
    """And may mean another one elsewhere."""
    same = "tiny_fixture(name='same', model_type='llama', architectures=['A'], repo_id='T/x')\n"
    rule_runner.write_files(
        {
            "m/BUILD": f"{same}python_test(name='a', source='a_test.py', dependencies=[':same'])\n"
            "python_test(name='b', source='b_test.py', dependencies=['m/x:tiny', ':same'])\n",
            "m/a_test.py": "",
            "m/b_test.py": "",
        }
    )
    assert _index(_placed(rule_runner, "a"))["problems"] == []
    assert _index(_placed(rule_runner, "b"))["problems"] == [
        "m:b depends on 2 fixtures with the repository id T/x: m/x:tiny, m:same\n"
        "hint: depend on one of them, or give each its own `repo_id`"
    ]


def test_one_name_in_two_resolves(rule_runner: RuleRunner) -> None:
    """The same BUILD file and test for two releases: each test gets the fixture of its resolve."""
    rule_runner.write_files(
        {
            "m/BUILD": "both = parametrize('python-default', 'next')\n"
            "modular_model(name='y', source='modular_y.py', resolve=both)\n"
            "tiny_fixture(name='of_repository', model=':y', architectures=['A'],"
            " repo_id='t/y', resolve=both)\n"
            "tiny_fixture(name='installed', model_type='llama', architectures=['A'],"
            " repo_id='t/z', resolve=both)\n"
            "tiny_fixtures(name='several', model_type='llama', architectures=['A'],"
            " repo_id='t/w', resolve=both)\n"
            "python_test(name='a', source='a_test.py', resolve=both,"
            " dependencies=[':of_repository', ':installed', ':several'])\n",
            "m/modular_y.py": "last\n",
            "m/a_test.py": "",
            "next.lock": "",
        }
    )
    resolves = {"python-default": "empty.lock", "next": "next.lock"}
    rule_runner.set_options((*OPTIONS, f"--python-resolves={resolves}"), env_inherit=ENVIRONMENT)
    for resolve in resolves:
        target = rule_runner.get_target(
            Address("m", target_name="a", parameters={"resolve": resolve})
        )
        setup = rule_runner.request(PytestPluginSetup, [FixturesPytestPluginRequest(target)])
        contents = rule_runner.request(DigestContents, [setup.digest])
        index = _index({file.path: file.content for file in contents})
        assert index["problems"] == []
        assert [entry["directory"] for entry in index["fixtures"]] == [
            f"m/installed@resolve={resolve}",
            f"m/of_repository@resolve={resolve}",
            f"m/several/A@resolve={resolve}",
        ]


def test_a_test_gets_the_plugin_for_its_fixtures(rule_runner: RuleRunner) -> None:
    rule_runner.write_files(
        {
            "m/BUILD": "python_test(name='a', source='a_test.py', dependencies=['m/x:tiny'])\n"
            "python_test(name='b', source='b_test.py', dependencies=[':other'])\n"
            "python_test(name='c', source='c_test.py')\n" + _fixture("other"),
            "m/a_test.py": "",
            "m/b_test.py": "",
            "m/c_test.py": "",
        }
    )
    a, b = _placed(rule_runner, "a"), _placed(rule_runner, "b")
    assert _placed(rule_runner, "c") == {}
    # Both may run in one process, so what is not the same has another name.
    assert all(a[path] == b[path] for path in a.keys() & b.keys())
    (of_a,), (of_b,) = a.keys() - b.keys(), b.keys() - a.keys()
    assert [entry["directory"] for entry in json.loads(a[of_a])["fixtures"]] == ["m/x/tiny"]
    assert [entry["directory"] for entry in json.loads(b[of_b])["fixtures"]] == ["m/other"]


def test_no_file_of_the_plugin_is_measured(rule_runner: RuleRunner) -> None:
    """The code coverage of a test is reported elsewhere, where these files are not."""
    rule_runner.write_files(
        {
            "m/BUILD": "python_test(name='a', source='a_test.py', dependencies=['m/x:tiny'])\n",
            "m/a_test.py": "",
        }
    )
    files = _placed(rule_runner, "a")
    (plugin,) = (path for path in files if path.endswith(f"{PLUGIN}.py"))
    (patterns,) = (
        ast.literal_eval(node.value)
        for node in ast.walk(ast.parse(files[plugin]))
        if isinstance(node, ast.keyword) and node.arg == "own_files"
    )
    sources = [path for path in files if path.endswith(".py")]
    assert len(sources) == len(MODULES) + 1
    for path in sources:
        assert any(fnmatch(f"/sandbox/{path}", pattern) for pattern in patterns), path


def _exported(directory: BuiltPackageArtifact) -> list[str]:
    """The words of the command in the line that a packaged fixture prints."""
    (line,) = directory.extra_log_lines
    return shlex.split(line.removeprefix("To load it by its name: "))


def test_what_a_package_prints_is_for_a_shell(rule_runner: RuleRunner) -> None:
    dist = f"{rule_runner.build_root}/my dist"
    rule_runner.set_options((*OPTIONS, f"--pants-distdir={dist}"), env_inherit=ENVIRONMENT)
    target = rule_runner.get_target(_TINY)
    package = rule_runner.request(BuiltPackage, [TinyFixturePackageFieldSet.create(target)])
    exported = _exported(package.artifacts[0])
    assert exported == ["export", "HF_HUB_OFFLINE=1", f"HF_HUB_CACHE={dist}/hub"]


def test_package_writes_a_hub_cache_of_links(rule_runner: RuleRunner) -> None:
    target = rule_runner.get_target(_TINY)
    package = rule_runner.request(BuiltPackage, [TinyFixturePackageFieldSet.create(target)])
    directory, hub = package.artifacts
    assert (directory.relpath, hub.relpath) == ("m.x/tiny", "hub/models--t--x")
    assert hub.relpath is not None
    assert "HF_HUB_OFFLINE=1" in _exported(directory)
    rule_runner.scheduler.write_digest(package.digest, path_prefix="dist")
    repository = Path(rule_runner.build_root, "dist", hub.relpath)
    revision = (repository / "refs/main").read_text()
    assert len(revision) == 40
    config = repository / "snapshots" / revision / "config.json"
    assert config.is_symlink()
    assert config.resolve() == Path(rule_runner.build_root, "dist/m.x/tiny/config.json").resolve()
    assert config.read_text() == "{}"


def test_packaged_fixtures_of_one_name_have_hub_caches_of_their_own(
    rule_runner: RuleRunner,
) -> None:
    fixture = "model_type='llama', architectures=['A'], repo_id="
    rule_runner.write_files(
        {
            "m/BUILD": f"tiny_fixture(name='same', {fixture}'T/x')\n"
            f"tiny_fixture(name='p', {fixture}'t/x', "
            "resolve=parametrize('python-default', 'next'))\n",
            "next.lock": "",
        }
    )
    resolves = {"python-default": "empty.lock", "next": "next.lock"}
    rule_runner.set_options((*OPTIONS, f"--python-resolves={resolves}"), env_inherit=ENVIRONMENT)
    packages = [
        rule_runner.request(
            BuiltPackage,
            [TinyFixturePackageFieldSet.create(rule_runner.get_target(address))],
        )
        for address in (
            _TINY,
            Address("m", target_name="same"),
            Address("m", target_name="p", parameters={"resolve": "python-default"}),
        )
    ]
    hubs = ["hub-m.x.tiny", "hub-m.same", "hub@resolve=python-default"]
    names = ["models--t--x", "models--T--x", "models--t--x"]
    for package, hub, name in zip(packages, hubs, names):
        assert package.artifacts[1].relpath == f"{hub}/{name}"
        assert _exported(package.artifacts[0])[-1].endswith(f"dist/{hub}")
    # As `package ::` writes them.
    rule_runner.request(Digest, [MergeDigests(package.digest for package in packages)])


def test_package_writes_an_archive(rule_runner: RuleRunner) -> None:
    rule_runner.write_files(
        {
            "m/BUILD": "tiny_fixture(name='t', model_type='llama', architectures=['A'], "
            "output_path='out/t.tar')\n"
        }
    )
    rule_runner.set_options(OPTIONS, env_inherit=ENVIRONMENT)
    target = rule_runner.get_target(Address("m", target_name="t"))
    package = rule_runner.request(BuiltPackage, [TinyFixturePackageFieldSet.create(target)])
    assert [artifact.relpath for artifact in package.artifacts] == ["out/t.tar"]


def test_proposed_for_models_without_one(rule_runner: RuleRunner) -> None:
    rule_runner.write_files(
        {
            # The stand-in says that a modular file generates what its text names.
            "m/y/BUILD": "modular_models()\n",
            "m/y/modular_y.py": "# generates configuration modeling\n",
            "m/y/modular_z.py": "# generates modeling\n",
            "m/z/BUILD": "modular_model(name='z', source='modular_z.py')\n"
            "modular_model(name='w', source='modular_w.py')\n"
            "tiny_fixture(name='other', model=':z', architectures=['Z'])\n",
            "m/z/modular_z.py": "# generates configuration modeling\n",
            "m/z/modular_w.py": "# generates configuration modeling\n",
        }
    )
    proposals = rule_runner.request(
        PutativeTargets,
        [
            PutativeTinyFixturesRequest(("m/x", "m/y", "m/z")),
            AllOwnedSources(f"m/{name}/modular_{name[-1]}.py" for name in ("x", "y", "z")),
        ],
    )
    assert [(each.path, each.name, dict(each.kwargs)) for each in proposals] == [
        ("m/y", "tiny_y", {"model": "m/y/modular_y.py", "repo_id": "tiny-random/y"}),
        ("m/z", "tiny_w", {"model": ":w", "repo_id": "tiny-random/w"}),
    ]


def test_proposed_once_for_the_targets_of_one_modular_file(rule_runner: RuleRunner) -> None:
    outputs = "outputs=parametrize(code=['modeling'], config=['configuration'])"
    text = "# generates configuration modeling\n"
    rule_runner.write_files(
        {
            "m/y/BUILD": f"modular_model(name='y', source='modular_y.py', {outputs})\n",
            "m/y/modular_y.py": text,
            "m/z/BUILD": f"modular_model(name='z', source='modular_z.py', {outputs})\n"
            "tiny_fixture(name='tiny', model=':z', architectures=['Z'])\n"
            # What `test` reports stops no proposal.
            "tiny_fixture(name='bad', model=':nowhere', architectures=['Z'])\n"
            "tiny_fixture(name='worse', model='m/nowhere:z', architectures=['Z'])\n",
            "m/z/modular_z.py": text,
        }
    )
    proposals = rule_runner.request(
        PutativeTargets, [PutativeTinyFixturesRequest(("m/y", "m/z")), AllOwnedSources()]
    )
    assert [(each.path, dict(each.kwargs)) for each in proposals] == [
        ("m/y", {"model": ":y@outputs=code", "repo_id": "tiny-random/y"})
    ]


def test_a_parametrized_model_needs_no_parameters_where_all_are_the_same(
    rule_runner: RuleRunner,
) -> None:
    fixture = "tiny_fixture(name='tiny', model=':x', architectures=['XModel'])\n"
    model = "modular_model(name='x', source='modular_x.py', {})\n"
    rule_runner.write_files(
        {"m/x/BUILD": fixture + model.format("tags=parametrize(a=['a'], b=['b'])")}
    )
    assert (
        "m/x/modeling_x.py"
        in json.loads(_files(rule_runner, _TINY)["m/x/tiny/fixture.json"])["seen"]
    )
    different = "dependencies=parametrize(one=['m/base'], two=['m/common'])"
    rule_runner.write_files({"m/x/BUILD": fixture + model.format(different)})
    message = (
        r"`model` field in target m/x:tiny names a parametrized target without its parameters: "
        r"`:x` can be\n  m/x@dependencies=one\n  m/x@dependencies=two\nhint: "
    )
    with pytest.raises(ExecutionError, match=message):
        _files(rule_runner, _TINY)


def test_proposed_for_models_that_are_proposed_too(rule_runner: RuleRunner) -> None:
    parent = "from m.base.modeling_base import Base\n"
    rule_runner.write_files(
        {
            "modular_r.py": f"{parent}# generates configuration modeling\n",
            "modular_s.py": f"{parent}# generates configuration modeling\n",
            "m/u/modular_u.py": f"{parent}# generates configuration modeling\n",
            # The name of the directory is another target's: `tailor` finds a new one.
            "m/v/BUILD": "python_sources()\n",
            "m/v/modular_v.py": f"{parent}# generates configuration modeling\n",
            "m/w/configuration_w.py": "# written by hand\n",
            "m/w/modular_w.py": f"{parent}# generates modeling\n",
            "m/y/modular_utils.py": "# generates configuration modeling\n",
        }
    )
    proposals = rule_runner.request(
        PutativeTargets,
        [PutativeTinyFixturesRequest(("", "m/u", "m/v", "m/w", "m/y")), AllOwnedSources()],
    )
    assert [(each.path, dict(each.kwargs)) for each in proposals] == [
        ("", {"name": "tiny_r", "model": ":r", "repo_id": "tiny-random/r"}),
        ("", {"name": "tiny_s", "model": ":s", "repo_id": "tiny-random/s"}),
        ("m/u", {"model": ":u", "repo_id": "tiny-random/u"}),
        ("m/w", {"model": ":w", "repo_id": "tiny-random/w"}),
    ]
