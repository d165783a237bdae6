"""What a tool's process is made of, whichever tool and command it is."""

from __future__ import annotations

from typing import Any

import pytest
from pants.backend.python.util_rules.interpreter_constraints import InterpreterConstraints
from pants.backend.python.util_rules.pex import PexRequest
from pants.engine.fs import (
    EMPTY_DIGEST,
    CreateDigest,
    Digest,
    DigestContents,
    FileContent,
    Snapshot,
)
from pants.engine.process import Process
from pants.engine.rules import QueryRule
from pants.testutil.rule_runner import RuleRunner
from pants.util.frozendict import FrozenDict

from rules_transformers.modular import register
from rules_transformers.testutil.stand_in_tools import ENVIRONMENT, OPTIONS, make_rule_runner
from rules_transformers.util_rules.tool_commands import COMMANDS, CONVERT, EXPLAIN, ToolCommand
from rules_transformers.util_rules.tool_process import REQUEST_FILE, ToolProcess
from rules_transformers_contract import stored_outcomes

_CONSTRAINTS = InterpreterConstraints([">=3.9"])
_PYTHONS: dict[str, PexRequest | InterpreterConstraints] = {
    "interpreter": _CONSTRAINTS,
    "environment": PexRequest(
        output_filename="e.pex", internal_only=True, interpreter_constraints=_CONSTRAINTS
    ),
}
_PROXIES = {"HTTPS_PROXY": "http://user:password@proxy", "no_proxy": "example.com"}


@pytest.fixture(scope="module")
def rule_runner() -> RuleRunner:
    tools = {command.tool: "" for command in COMMANDS}
    runner = make_rule_runner(register, tools, rules=[QueryRule(Process, [ToolProcess])])
    runner.write_files(
        {"tools/modular_converter/emit/x.py": "", "tools/modular_converter/graph/x.py": ""}
    )
    variables = ",".join(repr(f"{name}={value}") for name, value in _PROXIES.items())
    runner.set_options(
        [*OPTIONS, f"--subprocess-environment-env-vars=+[{variables}, 'KEPT=1']"],
        env_inherit=ENVIRONMENT,
    )
    return runner


def _process(rule_runner: RuleRunner, python: str, **more: Any) -> Process:
    values: dict[str, Any] = {
        "command": CONVERT,
        "arguments": (),
        "inputs": (),
        "description": "Convert",
        **more,
    }
    return rule_runner.request(Process, [ToolProcess(python=_PYTHONS[python], **values)])


@pytest.mark.parametrize("python", _PYTHONS)
def test_a_process_knows_of_no_network(rule_runner: RuleRunner, python: str) -> None:
    process = _process(rule_runner, python)
    text = repr((process.env, process.argv))
    assert not [value for value in _PROXIES.values() if value in text]
    contents = rule_runner.request(DigestContents, [process.input_digest])
    assert not [file.path for file in contents if b"user:password" in file.content]


def test_it_does_if_it_must(rule_runner: RuleRunner) -> None:
    process = _process(rule_runner, "environment", network=True)
    contents = rule_runner.request(DigestContents, [process.input_digest])
    assert [file.path for file in contents if b"user:password" in file.content]


@pytest.mark.parametrize("python", _PYTHONS)
def test_the_sandbox_has_inputs_request_and_the_parts_of_the_command(
    rule_runner: RuleRunner, python: str
) -> None:
    files = [FileContent("m.py", b"m"), FileContent("n.py", b"n")]
    inputs = [rule_runner.request(Digest, [CreateDigest([file])]) for file in files]
    process = _process(rule_runner, python, inputs=tuple(inputs), request=b"{}")
    contents = rule_runner.request(DigestContents, [process.input_digest])
    found = {file.path: file.content for file in contents if not file.path.startswith("e.pex")}
    paths = {path for path in found if not path.startswith((".", "e_pex"))}
    assert {"m.py", "n.py", REQUEST_FILE} <= paths
    assert found[REQUEST_FILE] == b"{}"
    tools = rule_runner.request(Snapshot, [process.immutable_input_digests["__tools"]])
    assert "modular_converter/emit/x.py" in tools.files
    assert "modular_converter/graph/x.py" not in tools.files
    variable = "PYTHONPATH" if python == "interpreter" else "PEX_EXTRA_SYS_PATH"
    assert process.env[variable] == "__tools"


@pytest.mark.parametrize("python", _PYTHONS)
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: str(command.name))
def test_every_process_waits_for_the_remote_cache(
    rule_runner: RuleRunner, python: str, command: ToolCommand
) -> None:
    process = _process(rule_runner, python, command=command, arguments=("a", "--b"))
    assert process.remote_cache_speculation_delay_millis == command.remote_cache_wait > 0
    assert process.argv[1:] == ("-m", command.tool, command.name, "a", "--b")


@pytest.mark.parametrize("python", _PYTHONS)
def test_what_else_a_process_may_need(rule_runner: RuleRunner, python: str) -> None:
    process = _process(
        rule_runner,
        python,
        output_files=("f",),
        output_directories=("d",),
        immutable_inputs=FrozenDict({"library": EMPTY_DIGEST}),
        append_only_caches=FrozenDict({"hub": "__hub"}),
        env=FrozenDict({"A": "1"}),
    )
    assert (process.output_files, process.output_directories) == (("f",), ("d",))
    assert {*process.immutable_input_digests} == {"library", "__tools"}
    assert process.append_only_caches["hub"] == "__hub"
    assert process.env["A"] == "1"


def _keys(process: Process) -> tuple[str, ...]:
    return stored_outcomes.keys_of(process.env[stored_outcomes.VARIABLE])


def test_a_process_without_members_has_no_store(rule_runner: RuleRunner) -> None:
    process = _process(rule_runner, "interpreter")
    assert stored_outcomes.VARIABLE not in process.env
    assert stored_outcomes.CACHE not in process.append_only_caches


@pytest.mark.parametrize("python", _PYTHONS)
def test_a_member_has_one_key_in_all_groups(rule_runner: RuleRunner, python: str) -> None:
    process = _process(rule_runner, python, members=("1a", "1b"), arguments=("0", "1"))
    assert process.append_only_caches[stored_outcomes.CACHE] == stored_outcomes.DIRECTORY
    file = rule_runner.request(Digest, [CreateDigest([FileContent("m.py", b"m")])])
    other = _process(
        rule_runner,
        python,
        members=("2", "1b", "1a"),
        arguments=("0", "1", "2"),
        inputs=(file,),
        description="Others",
        request=b"{}",
    )
    assert _keys(other)[1:] == tuple(reversed(_keys(process)))
    assert len({*_keys(process), *_keys(other)}) == 3


@pytest.mark.parametrize(
    "change",
    [
        {"env": FrozenDict({"A": "1"})},
        {"command": EXPLAIN},
        {"immutable_inputs": FrozenDict({"library": EMPTY_DIGEST})},
        {"immutable_inputs": FrozenDict({"elsewhere": EMPTY_DIGEST})},
    ],
    ids=str,
)
def test_what_all_members_depend_on_is_in_their_keys(
    rule_runner: RuleRunner, change: dict[str, Any]
) -> None:
    both: tuple[dict[str, Any], ...] = ({}, change)
    keys = [
        _keys(_process(rule_runner, python, members=("1a",), **more))
        for python in _PYTHONS
        for more in both
    ]
    assert len(set(keys)) == 4


def test_without_local_cache_nothing_is_taken_from_the_store(rule_runner: RuleRunner) -> None:
    before = _process(rule_runner, "interpreter", members=("1a",))
    rule_runner.set_options([*OPTIONS, "--no-local-cache"], env_inherit=ENVIRONMENT)
    process = _process(rule_runner, "interpreter", members=("1a",))
    assert stored_outcomes.CACHE not in process.append_only_caches
    # It has the same key in a remote cache.
    assert (process.env, process.argv, process.input_digest) == (
        before.env,
        before.argv,
        before.input_digest,
    )
