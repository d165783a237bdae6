"""`modular-conformance` around a stand-in for the converter, which shows what it was given."""

from __future__ import annotations

from pathlib import Path

import pytest
from pants.engine.fs import EMPTY_DIGEST, PathGlobs, Snapshot
from pants.testutil.rule_runner import GoalRuleResult, MockGet, RuleRunner, run_rule_with_mocks

from rules_transformers.modular import register
from rules_transformers.modular.goals.conformance import (
    Conformance,
    Release,
    ReleaseRequest,
    collect_release,
)
from rules_transformers.testutil.stand_in_tools import (
    ENVIRONMENT,
    OPTIONS,
    make_rule_runner,
    start_over,
)
from rules_transformers.util_rules.distribution_sources import (
    DistributionSources,
    DistributionSourcesRequest,
)

# Lists its arguments and the files of the release; a file `differs.py` makes the answer a no, for
# which there is a profile.
_STAND_IN = """
import pathlib
import sys

command, release, *options = sys.argv[1:]
assert command == "conformance"
directory = pathlib.Path(release.partition("=")[2])
print(release, *options)
paths = sorted(directory.rglob("*.py"))
for path in paths:
    print(path)
if any(path.name == "modeling_differs.py" for path in paths):
    for option in options:
        name, _, value = option.partition("=")
        if name == "--write-profile":
            pathlib.Path(value).write_text("a profile")
            print("wrote", value)
    sys.exit(1)
"""
_LIBRARY = {
    "lib/transformers/__init__.py": "",
    "lib/transformers/models/a/modular_a.py": "",
    "lib/transformers/models/a/modeling_a.py": "",
    "lib/transformers/utils.py": "",
}
_DIFFERS = {**_LIBRARY, "lib/transformers/models/a/modeling_differs.py": ""}


@pytest.fixture(scope="module")
def _rule_runner() -> RuleRunner:
    return make_rule_runner(register, {"modular_converter": _STAND_IN})


@pytest.fixture
def rule_runner(_rule_runner: RuleRunner) -> RuleRunner:
    return start_over(_rule_runner)


def _compare(rule_runner: RuleRunner, *args: str, more: tuple[str, ...] = ()) -> GoalRuleResult:
    return rule_runner.run_goal_rule(
        Conformance, global_args=(*OPTIONS, *more), args=args, env_inherit=ENVIRONMENT
    )


def test_a_directory_is_compared(rule_runner: RuleRunner) -> None:
    rule_runner.write_files(_LIBRARY)
    result = _compare(rule_runner, "--release=lib", "--from-scratch", "--no-search")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "--release=lib --from-scratch --no-search",
        "lib/transformers/__init__.py",
        "lib/transformers/models/a/modeling_a.py",
        "lib/transformers/models/a/modular_a.py",
    ]


def test_the_profile_that_was_found_is_written(rule_runner: RuleRunner) -> None:
    rule_runner.write_files(_DIFFERS)
    result = _compare(rule_runner, "--release=lib", "--write-profile=new/found.json")
    assert result.exit_code == 1
    assert "wrote new/found.json\n" in result.stdout
    assert (Path(rule_runner.build_root) / "new/found.json").read_text() == "a profile"


def test_the_profile_of_the_options_is_used(rule_runner: RuleRunner) -> None:
    rule_runner.write_files({**_LIBRARY, "mine.json": "{}"})
    result = _compare(rule_runner, "--release=lib", more=("--modular-converter-profile=mine.json",))
    assert result.exit_code == 0
    assert result.stdout.startswith("--release=lib --profile=mine.json\n")


def test_without_a_release_those_of_all_models(rule_runner: RuleRunner) -> None:
    rule_runner.write_files(
        {
            "m/a/BUILD": "modular_model(name='a', source='modular_a.py')\n",
            "m/a/modular_a.py": "",
        }
    )
    result = _compare(rule_runner)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("No modular model inherits from a distribution\nhint: ")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--release=nowhere",), "nowhere: the directory does not hold the sources of a library"),
        (("--release=../lib",), "../lib: the directory lies outside of the repository"),
        (("--release=lib", "--write-profile=../x.json"), "`--write-profile` must name a file of"),
        (("--release=lib", "--write-profile=x.toml"), "the name of `--write-profile` must end in"),
        (
            ("--release=lib", "--release=other", "--write-profile=x.json"),
            "`--write-profile` needs one release",
        ),
        (("--release=lib", "--write-profile=x.json", "--no-search"), "`--write-profile` needs one"),
    ],
)
def test_what_cannot_be_compared(
    rule_runner: RuleRunner, options: tuple[str, ...], message: str
) -> None:
    rule_runner.write_files(_LIBRARY)
    result = _compare(rule_runner, *options)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(message)


def test_the_others_are_compared_all_the_same(rule_runner: RuleRunner) -> None:
    rule_runner.write_files(_DIFFERS)
    result = _compare(rule_runner, "--release=nowhere", "--release=lib")
    assert result.exit_code == 2
    assert "--release=lib\n" in result.stdout


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        (("transformers/__init__.py",), ""),
        ((), "transformers==5.24.0 has no model sources"),
    ],
)
def test_a_version_is_fetched(files: tuple[str, ...], problem: str) -> None:
    release: Release = run_rule_with_mocks(
        collect_release,
        rule_args=[ReleaseRequest("transformers==5.24.0", ("==3.11.*",))],
        mock_gets=[
            MockGet(
                DistributionSources,
                (DistributionSourcesRequest,),
                lambda _: DistributionSources(EMPTY_DIGEST, files),
            ),
            MockGet(Snapshot, (PathGlobs,), lambda _: pytest.fail("it is no directory")),
        ],
    )
    assert release.problem.partition(":")[0] == problem
