"""The goals around a stand-in for the parent finder, which reports what it was given."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from pants.core.goals.lint import LintResult
from pants.core.util_rules.partitions import _EmptyMetadata
from pants.engine.addresses import Address
from pants.engine.internals.scheduler import ExecutionError
from pants.engine.rules import QueryRule
from pants.testutil.rule_runner import GoalRuleResult, RuleRunner

from rules_transformers.modular.register import target_types as modular_targets
from rules_transformers.parents import register
from rules_transformers.parents.goals.lint_copies import CopiesRequest, ModelFileFieldSet
from rules_transformers.parents.goals.modularize import Modularize
from rules_transformers.parents.goals.parents import Parents
from rules_transformers.testutil.stand_in_tools import (
    ENVIRONMENT,
    OPTIONS,
    SERVES_GROUPS,
    make_rule_runner,
    start_over,
)

_STAND_IN = """
import pathlib
import sys

command, *arguments = sys.argv[1:]
options = dict(each[2:].partition("=")[::2] for each in arguments if each.startswith("--"))
files = [each for each in arguments if not each.startswith("--")]
library = pathlib.Path(options["source-root"])
if command == "index":
    name = (library / "lib/__init__.py").read_text()
    pathlib.Path(options["output"]).write_text(f"index of {name}")
    sys.exit()
index = pathlib.Path(options["index"]).read_text()
texts = [pathlib.Path(file).read_text().strip() for file in files]
print(command, *files, *texts, index, *sorted(options))
for root in (each.partition("=")[2] for each in arguments if each.startswith("--models=")):
    paths = sorted(path for path in pathlib.Path(root).rglob("mod*_*.py") if "__" not in str(path))
    print("candidate", root, *(f"{path}={path.read_text().strip()}" for path in paths))
if "broken" in texts:
    print(f"{files[0]}:1:1: error: broken", file=sys.stderr)
    sys.exit(2)
if command == "modularize":
    output = pathlib.Path(options["output"])
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text("modular of " + " ".join(files))
sys.exit(1 if "unlike" in texts or command == "copies" else 0)
"""

_CONVERTER = (
    SERVES_GROUPS
    + """
import json
import pathlib
import sys

command, option, *_ = sys.argv[1:]
request = json.loads(pathlib.Path(option.partition("=")[2]).read_text())
for modular in request["modulars"]:
    generated = modular["path"].replace("modular_", "modeling_")
    if command == "outline":
        entries = [{"path": modular["path"], "outputs": [{"path": generated}]}]
        print(json.dumps({"modulars": entries}))
    else:
        output = pathlib.Path(request["output_dir"]) / generated
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text("fresh")
"""
)


@pytest.fixture(scope="module")
def _rule_runner() -> RuleRunner:
    return make_rule_runner(
        register,
        {"parent_finder": _STAND_IN, "modular_converter": _CONVERTER},
        rules=[QueryRule(LintResult, [CopiesRequest.Batch])],
        target_types=modular_targets(),
    )


@pytest.fixture
def rule_runner(_rule_runner: RuleRunner) -> RuleRunner:
    runner = start_over(_rule_runner)
    runner.write_files(
        {
            "n/modeling_new.py": "new\n",
            "n/configuration_new.py": "config\n",
            "n/notes.py": "notes\n",
            "o/modeling_odd.py": "unlike\n",
            "o/modeling_bad.py": "broken\n",
        }
    )
    return runner


@pytest.fixture
def options(tmp_path: Path) -> tuple[str, ...]:
    """Options with a wheel of a few files as the library."""
    wheel = tmp_path / "lib-1.0-py3-none-any.whl"
    info = "lib-1.0.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("lib/__init__.py", "the library")
        archive.writestr("lib/models/x/modeling_x.py", "")
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: lib\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return (
        *OPTIONS,
        "--parent-finder-install-from-resolve=python-default",
        "--parent-finder-interpreter-constraints=['>=3.9']",
        f"--parent-finder-library=lib@ file://{wheel}",
    )


def _run(
    rule_runner: RuleRunner, goal: type, options: tuple[str, ...], *args: str
) -> GoalRuleResult:
    return rule_runner.run_goal_rule(goal, global_args=options, args=args, env_inherit=ENVIRONMENT)


def test_parents_of_files_without_a_target(
    rule_runner: RuleRunner, options: tuple[str, ...]
) -> None:
    result = _run(rule_runner, Parents, options, "--top=2", "n/modeling_new.py", "n/notes.py")
    assert result.exit_code == 0, result.stderr
    new, notes = result.stdout.splitlines()
    assert new == "rank n/modeling_new.py new index of the library cache-dir index source-root top"
    assert notes.startswith("rank n/notes.py notes index")


def test_files_of_a_directory_are_those_named_as_models_are(
    rule_runner: RuleRunner, options: tuple[str, ...]
) -> None:
    result = _run(rule_runner, Parents, options, "n::")
    assert [line.split()[1] for line in result.stdout.splitlines()] == [
        "n/configuration_new.py",
        "n/modeling_new.py",
    ]


def test_a_generated_file_does_not_bring_its_modular_file_along(
    rule_runner: RuleRunner, options: tuple[str, ...]
) -> None:
    rule_runner.write_files(
        {"n/BUILD": "modular_model(source='modular_new.py')", "n/modular_new.py": "modular\n"}
    )
    result = _run(rule_runner, Parents, options, "n/modeling_new.py")
    assert result.stdout.splitlines()[0].split()[1] == "n/modeling_new.py"
    assert len(result.stdout.splitlines()) == 2


def test_the_models_of_the_repository_are_candidates(
    rule_runner: RuleRunner, options: tuple[str, ...]
) -> None:
    rule_runner.write_files(
        {
            "n/BUILD": "modular_model(source='modular_own.py')",
            "n/modular_own.py": "modular\n",
            "n/modeling_own.py": "stale\n",
            "o/BUILD": "python_sources(sources=['modeling_odd.py'])",
        }
    )
    for asked, text in (("n/modeling_new.py", "new"), ("n/modeling_own.py", "stale")):
        result = _run(rule_runner, Parents, options, asked)
        assert result.exit_code == 0, result.stderr
        # The root of a sandbox may have other directories: they are not searched.
        lines = [line.split() for line in result.stdout.splitlines() if "candidate" in line]
        assert [line[:2] for line in lines] == [["candidate", "././n"], ["candidate", "././o"]]
        expected = {
            "n/modeling_own.py=fresh",
            "n/modular_own.py=modular",
            "o/modeling_odd.py=unlike",
            f"{asked}={text}",
        }
        if asked == "n/modeling_own.py":
            expected.remove("n/modeling_own.py=fresh")
        assert {candidate for line in lines for candidate in line[2:]} == expected


def test_further_libraries_are_candidates(
    rule_runner: RuleRunner, options: tuple[str, ...]
) -> None:
    library = next(option for option in options if option.startswith("--parent-finder-library="))
    more = f"--parent-finder-more-libraries=['{library.partition('=')[2]}']"
    result = _run(rule_runner, Parents, (*options, more), "n/modeling_new.py")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.splitlines()[1].startswith("candidate __library_1")


def test_the_worst_answer_is_the_exit_code(
    rule_runner: RuleRunner, options: tuple[str, ...]
) -> None:
    assert _run(rule_runner, Parents, options, "o/modeling_odd.py").exit_code == 1
    result = _run(rule_runner, Parents, options, "o/modeling_odd.py", "o/modeling_bad.py")
    assert result.exit_code == 2
    assert "o/modeling_bad.py:1:1: error: broken" in result.stderr
    assert _run(rule_runner, Parents, options).exit_code == 2


def test_no_library(rule_runner: RuleRunner, options: tuple[str, ...]) -> None:
    with pytest.raises(ExecutionError, match="pins no library with models"):
        _run(rule_runner, Parents, options[:-1], "n/modeling_new.py")


def test_modularize_writes_beside_the_files(
    rule_runner: RuleRunner, options: tuple[str, ...]
) -> None:
    files = ("n/configuration_new.py", "n/modeling_new.py")
    result = _run(rule_runner, Modularize, options, "--parent=x", "--parent=y", *files)
    assert result.exit_code == 0, result.stderr
    assert "parent" in result.stdout.split()
    written = Path(rule_runner.build_root, "n/modular_new.py")
    assert written.read_text() == "modular of n/configuration_new.py n/modeling_new.py"
    written.write_text("by hand")
    result = _run(rule_runner, Modularize, options, *files)
    assert result.exit_code == 2
    assert "n/modular_new.py: error: there is a modular file already\nhint: " in result.stderr
    assert written.read_text() == "by hand"


@pytest.mark.parametrize("files", [(), ("n/notes.py",)])
def test_modularize_takes_files_of_models(
    rule_runner: RuleRunner, options: tuple[str, ...], files: tuple[str, ...]
) -> None:
    result = _run(rule_runner, Modularize, options, *files)
    assert result.exit_code == 2
    assert "takes the standalone files of models" in result.stderr


def test_modularize_writes_what_it_can(rule_runner: RuleRunner, options: tuple[str, ...]) -> None:
    rule_runner.write_files({"p/modeling_old.py": "old\n", "p/modular_old.py": "by hand"})
    files = ("o/modeling_bad.py", "n/notes.py", "n/modeling_new.py", "p/modeling_old.py")
    result = _run(rule_runner, Modularize, options, *files)
    assert result.exit_code == 2
    root = Path(rule_runner.build_root)
    assert (root / "n/modular_new.py").read_text() == "modular of n/modeling_new.py"
    assert not (root / "o/modular_bad.py").exists()
    assert (root / "p/modular_old.py").read_text() == "by hand"
    assert [line for line in result.stderr.splitlines() if "error: " in line] == [
        "n/notes.py: error: the file is not named as a model's file is",
        "p/modular_old.py: error: there is a modular file already",
        "o/modeling_bad.py:1:1: error: broken",
    ]


def test_a_library_that_cannot_be_indexed(
    rule_runner: RuleRunner, options: tuple[str, ...]
) -> None:
    program = _STAND_IN.replace(
        'if command == "index":',
        'if command == "index":\n    print(f"{library}: error: no models", file=sys.stderr)\n'
        "    sys.exit(2)\nif False:",
    )
    rule_runner.write_files({"tools/parent_finder/__main__.py": program})
    try:
        with pytest.raises(ExecutionError, match=r"lib@ file://\S+: error: no models\nhint: "):
            _run(rule_runner, Parents, options, "n/modeling_new.py")
    finally:
        rule_runner.write_files({"tools/parent_finder/__main__.py": _STAND_IN})


def test_copies_are_hints_and_errors_are_not(
    rule_runner: RuleRunner, options: tuple[str, ...]
) -> None:
    rule_runner.write_files({"o/BUILD": "python_sources()", "n/BUILD": "python_sources()"})
    rule_runner.set_options(options, env_inherit=ENVIRONMENT)
    results = []
    for path in ("n/modeling_new.py", "o/modeling_bad.py"):
        directory, name = path.split("/")
        target = rule_runner.get_target(Address(directory, relative_file_path=name))
        batch = CopiesRequest.Batch(
            "parent-finder", (ModelFileFieldSet.create(target),), _EmptyMetadata()
        )
        results.append(rule_runner.request(LintResult, [batch]))
    assert [result.exit_code for result in results] == [0, 2]
    assert results[0].stdout.startswith("copies n/modeling_new.py new index of the library")


def test_only_files_named_as_models_are_looked_at(rule_runner: RuleRunner) -> None:
    rule_runner.write_files({"n/BUILD": "python_sources()"})
    found = [
        ModelFileFieldSet.is_applicable(
            rule_runner.get_target(Address("n", relative_file_path=name))
        )
        for name in ("modeling_new.py", "notes.py")
    ]
    assert found == [True, False]
