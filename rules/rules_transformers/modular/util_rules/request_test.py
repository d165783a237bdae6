from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from pants.backend.python.target_types import PythonSourcesGeneratorTarget
from pants.engine.addresses import Address
from pants.engine.fs import DigestContents
from pants.engine.rules import QueryRule
from pants.source import source_root
from pants.testutil.rule_runner import RuleRunner, engine_error
from pants.util.frozendict import FrozenDict

from rules_transformers.modular.field_set import ModularFieldSet
from rules_transformers.modular.subsystem import ModularConverter
from rules_transformers.modular.target_types import ModularModelTarget
from rules_transformers.modular.util_rules import request
from rules_transformers.modular.util_rules.request import (
    ConverterGroupRequest,
    ConverterInput,
    ConverterRequest,
    GroupMember,
)
from rules_transformers.util_rules.tool_process import REQUEST_FILE

# A test runs at the root of the repository, with the schema as a dependency.
_SCHEMA = json.loads(Path("src/modular_converter/schemas/request.schema.json").read_text())

_FILES = {
    "src/lib/__init__.py": "__version__ = '5.23.0'\n",
    "src/lib/models/auto/auto_mappings.py": "",
    "src/lib/models/auto/modeling_auto.py": "",
    "src/lib/models/x/BUILD": "modular_model(source='modular_x.py', outputs=['modeling'])\n",
    "src/lib/models/x/modular_x.py": "",
    "src/lib/models/y/BUILD": "modular_model(source='modular_y.py')\n",
    "src/lib/models/y/modular_y.py": "",
    "other/parent/modeling_parent.py": "",
    "modular_z.py": "",
    "BUILD": "modular_model(name='z', source='modular_z.py')\n",
}


@pytest.fixture
def rule_runner() -> RuleRunner:
    runner = RuleRunner(
        rules=[
            *request.rules(),
            *source_root.rules(),
            *ModularConverter.rules(),
            QueryRule(ConverterInput, [ConverterRequest]),
            QueryRule(ConverterInput, [ConverterGroupRequest]),
        ],
        target_types=[ModularModelTarget, PythonSourcesGeneratorTarget],
    )
    runner.write_files(_FILES)
    return runner


def _input(rule_runner: RuleRunner, converter_request: ConverterRequest) -> dict[str, bytes]:
    converter_input = rule_runner.request(ConverterInput, [converter_request])
    contents = rule_runner.request(DigestContents, [converter_input.sources])
    return {
        REQUEST_FILE: converter_input.request,
        **{file.path: file.content for file in contents},
    }


def _field_set(rule_runner: RuleRunner, path: str, name: str) -> ModularFieldSet:
    return ModularFieldSet.create(rule_runner.get_target(Address(path, target_name=name)))


def test_the_request_and_the_files_it_speaks_of(rule_runner: RuleRunner) -> None:
    rule_runner.set_options(
        [
            "--source-root-patterns=['/src', '/']",
            "--modular-converter-profile=5.23",
            "--no-modular-converter-corrections",
            "--modular-converter-ignore=['rename-in-url', 'lost-super', 'rename-in-url']",
        ]
    )
    x, y = (_field_set(rule_runner, f"src/lib/models/{name}", name) for name in "xy")
    files = _input(
        rule_runner, ConverterRequest((x, y), ("other/parent/modeling_parent.py",), True)
    )
    document = json.loads(files.pop(REQUEST_FILE))
    jsonschema.validate(document, _SCHEMA)
    assert document == {
        "schema": 1,
        "modulars": [
            {"path": "src/lib/models/x/modular_x.py", "outputs": ["modeling"]},
            {"path": "src/lib/models/y/modular_y.py", "outputs": None},
        ],
        "source_roots": [".", "src"],
        "parents": ["__parents"],
        "profile": "5.23",
        "ignore": ["lost-super", "rename-in-url"],
        "pedantic": False,
        "corrections": False,
        "output_dir": "__out",
    }
    assert sorted(files) == [
        "other/parent/modeling_parent.py",
        "src/lib/__init__.py",
        "src/lib/models/auto/auto_mappings.py",
        "src/lib/models/x/modular_x.py",
        "src/lib/models/y/modular_y.py",
    ]


def test_a_profile_may_be_a_file_of_the_repository(rule_runner: RuleRunner) -> None:
    rule_runner.set_options(
        ["--source-root-patterns=['/']", "--modular-converter-profile=own.json"]
    )
    request = ConverterRequest((_field_set(rule_runner, "", "z"),), (), False)
    with engine_error(contains="[modular-converter].profile"):
        _input(rule_runner, request)
    rule_runner.write_files({"own.json": "{}"})
    files = _input(rule_runner, request)
    assert json.loads(files.pop(REQUEST_FILE))["profile"] == "own.json"
    assert sorted(files) == ["modular_z.py", "own.json"]


def test_a_modular_file_outside_any_package(rule_runner: RuleRunner) -> None:
    rule_runner.set_options(["--source-root-patterns=['/']"])
    files = _input(rule_runner, ConverterRequest((_field_set(rule_runner, "", "z"),), (), False))
    document = json.loads(files.pop(REQUEST_FILE))
    jsonschema.validate(document, _SCHEMA)
    assert (document["source_roots"], document["parents"]) == (["."], [])
    assert list(files) == ["modular_z.py"]


def test_a_member_is_the_same_in_all_groups(rule_runner: RuleRunner) -> None:
    rule_runner.write_files({"own.json": "{}"})
    rule_runner.set_options(
        ["--source-root-patterns=['/src', '/']", "--modular-converter-profile=own.json"]
    )
    x, y, z = (
        GroupMember(
            (_field_set(rule_runner, path, name),), ("other/parent/modeling_parent.py",), ()
        )
        for path, name in (("src/lib/models/x", "x"), ("src/lib/models/y", "y"), ("", "z"))
    )

    def digests(*members: GroupMember) -> list[str]:
        converter_input = rule_runner.request(
            ConverterInput, [ConverterGroupRequest(members, False)]
        )
        contents = rule_runner.request(DigestContents, [converter_input.sources])
        fingerprints = {file.path: file.content.hex() for file in contents}
        return [member.digest(fingerprints) for member in converter_input.members]

    before = digests(x, y)
    assert digests(y, z, x) == [before[1], digests(z)[0], before[0]]
    for path, changed in (
        ("src/lib/models/x/modular_x.py", [True, False]),
        ("src/lib/models/auto/auto_mappings.py", [True, True]),
        ("other/parent/modeling_parent.py", [True, True]),
        ("own.json", [True, True]),
        ("src/lib/models/auto/configuration_auto.py", [True, True]),
        ("modular_z.py", [False, False]),
    ):
        rule_runner.write_files({path: "{ }"})
        after = digests(x, y)
        assert [new != old for new, old in zip(after, before)] == changed, path
        before = after
    renamed = replace(x, renamed=FrozenDict({"m/modeling_m.py": ("X",)}))
    assert digests(renamed, y)[0] != before[0]
