"""`publish` around a stand-in for the tool, which reports what reached its processes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pants.backend.python.util_rules import python_sources
from pants.core.goals import package as package_goal
from pants.core.goals.package import BuiltPackage
from pants.core.goals.publish import PublishPackages, PublishProcesses
from pants.core.util_rules import archive
from pants.engine.addresses import Address
from pants.engine.fs import DigestContents
from pants.engine.internals.scheduler import ExecutionError
from pants.engine.process import InteractiveProcess
from pants.engine.rules import QueryRule
from pants.testutil.rule_runner import RuleRunner, mock_console

from rules_transformers.testutil.stand_in_tools import (
    ENVIRONMENT,
    OPTIONS,
    make_rule_runner,
    start_over,
)
from rules_transformers.testutil.tiny_models_stand_in import SERVES_FIXTURE_GROUPS
from rules_transformers.tiny_fixtures import register
from rules_transformers.tiny_fixtures.field_set import TinyFixtureFieldSet
from rules_transformers.tiny_fixtures.goals.publish import (
    PublishTinyFixtureRequest,
    TinyFixturePublishFieldSet,
    passed_on,
)
from rules_transformers.tiny_fixtures.util_rules.build import BuildFixtureRequest, BuiltFixture

_TOKEN = "hf_secretOfTheTests"
# A build keeps its environment in the fixture; an upload prints its own.
_TINY_MODELS = (
    SERVES_FIXTURE_GROUPS
    + """
import json
import os
import pathlib
import sys

if sys.argv[1] == "publish":
    files = sorted(path.name for path in pathlib.Path(sys.argv[2]).iterdir())
    print(json.dumps([sys.argv[2:], dict(os.environ), files]))
    sys.exit(3 if "refused" in sys.argv[4] else 0)
(fixture,) = json.loads(pathlib.Path(sys.argv[2]).read_text())["fixtures"]
for architecture in fixture["architectures"]:
    directory = pathlib.Path(sys.argv[4]) / fixture["path"]
    if len(fixture["architectures"]) > 1:
        directory /= architecture
    directory.mkdir(parents=True)
    (directory / "fixture.json").write_text(json.dumps(dict(os.environ)))
"""
)


@pytest.fixture(scope="module")
def _rule_runner() -> RuleRunner:
    return make_rule_runner(
        register,
        {"tiny_models": _TINY_MODELS},
        rules=[
            *archive.rules(),
            *package_goal.rules(),
            *python_sources.rules(),
            QueryRule(BuiltFixture, [BuildFixtureRequest]),
            QueryRule(PublishProcesses, [PublishTinyFixtureRequest]),
        ],
    )


@pytest.fixture
def rule_runner(_rule_runner: RuleRunner) -> RuleRunner:
    runner = start_over(_rule_runner)
    runner.write_files(
        {
            "m/BUILD": "".join(
                f"tiny_fixture(name={name!r}, model_type='llama', architectures={classes!r}, "
                f"{publish_to} output_path='m.tar')\n"
                for name, classes, publish_to in (
                    ("one", ["A"], "publish_to='team/one',"),
                    ("two", ["A", "B"], "publish_to='team/two',"),
                    ("none", ["A"], ""),
                    ("refused", ["A"], "publish_to='team/refused',"),
                    ("first", ["A"], "publish_to='team/same',"),
                    ("second", ["B"], "publish_to='team/same',"),
                )
            )
        }
    )
    return runner


def _publish(runner: RuleRunner, name: str, *options: str, **env: str) -> list[PublishPackages]:
    runner.set_options(
        [*OPTIONS, *options], env={"HF_TOKEN": _TOKEN, **env}, env_inherit=ENVIRONMENT
    )
    field_set = TinyFixturePublishFieldSet.create(runner.get_target(Address("m", target_name=name)))
    package = BuiltPackage(runner.make_snapshot({}).digest, ())
    request = PublishTinyFixtureRequest(field_set, (package,))
    return list(runner.request(PublishProcesses, [request]))


def _run(runner: RuleRunner, published: PublishPackages) -> tuple[int, list[Any]]:
    """The exit code of an upload, and its arguments, environment and files."""
    assert isinstance(published.process, InteractiveProcess)
    with mock_console(runner.options_bootstrapper) as (_, stdio):
        result = runner.run_interactive_process(published.process)
        return result.exit_code, json.loads(stdio.get_stdout())


def test_only_where_the_target_says_so(rule_runner: RuleRunner) -> None:
    def applicable(name: str) -> bool:
        target = rule_runner.get_target(Address("m", target_name=name))
        return TinyFixturePublishFieldSet.is_applicable(target)

    assert applicable("one")
    assert not applicable("none")


def test_what_reaches_the_upload_and_nothing_else(rule_runner: RuleRunner) -> None:
    (published,) = _publish(
        rule_runner,
        "one",
        HF_ENDPOINT="https://user:password@hub.example.com",
        https_proxy="http://proxy.example.com",
        OTHER_SECRET="private",
    )
    assert published.names == ("m:one",)
    assert published.description == "team/one"
    assert dict(published.data) == {
        "repository": "team/one",
        "dry_run": False,
        "endpoint": "https://hub.example.com",
    }
    # Pants' debug log shows the process like this.
    assert _TOKEN not in repr(published)
    assert "password" not in repr(published)

    exit_code, (arguments, environment, files) = _run(rule_runner, published)
    assert exit_code == 0
    assert arguments == ["m/one", "--repo-id", "team/one"]
    assert files == ["fixture.json"]
    assert environment["HF_TOKEN"] == _TOKEN
    assert environment["HF_ENDPOINT"] == "https://user:password@hub.example.com"
    assert environment["https_proxy"] == "http://proxy.example.com"
    assert environment["HF_HOME"] == "__hf_home"
    assert "OTHER_SECRET" not in environment

    target = rule_runner.get_target(Address("m", target_name="one"))
    request = BuildFixtureRequest(TinyFixtureFieldSet.create(target))
    built = rule_runner.request(BuiltFixture, [request])
    (manifest,) = rule_runner.request(DigestContents, [built.snapshot.digest])
    assert "HF_HUB_OFFLINE" in json.loads(manifest.content)
    assert not {"HF_TOKEN", "HF_ENDPOINT"} & set(json.loads(manifest.content))


def test_options(rule_runner: RuleRunner) -> None:
    (published,) = _publish(
        rule_runner, "one", "--tiny-fixture-publish-dry-run", "--tiny-fixture-publish-private"
    )
    assert published.description == "team/one (dry run, nothing written)"
    assert dict(published.data) == {"repository": "team/one", "dry_run": True}
    _, (arguments, _, _) = _run(rule_runner, published)
    assert arguments[3:] == ["--private", "--dry-run"]


def test_certificates() -> None:
    assert passed_on({}, None) == {}
    assert passed_on({"HF_TOKEN": "x"}, "/ca.pem") == {"HF_TOKEN": "x", "SSL_CERT_FILE": "/ca.pem"}
    assert passed_on({"SSL_CERT_FILE": "/own"}, "/ca.pem") == {"SSL_CERT_FILE": "/own"}


def test_each_architecture_has_a_repository(rule_runner: RuleRunner) -> None:
    published = _publish(rule_runner, "two")
    assert [(each.names, each.description) for each in published] == [
        (("m:two A",), "team/two-A"),
        (("m:two B",), "team/two-B"),
    ]


def test_the_tools_exit_code_is_passed_on(rule_runner: RuleRunner) -> None:
    (published,) = _publish(rule_runner, "refused")
    exit_code, _ = _run(rule_runner, published)
    assert exit_code == 3


def test_two_fixtures_for_one_repository(rule_runner: RuleRunner) -> None:
    with pytest.raises(ExecutionError) as caught:
        _publish(rule_runner, "first")
    message = "2 fixtures are published to team/same: m:first, m:second\nhint: "
    assert message in str(caught.value)
