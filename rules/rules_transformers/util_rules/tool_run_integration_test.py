"""What becomes of results that lack what their process leaves, as an altered cache gives them."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from pants.engine.fs import (
    EMPTY_SNAPSHOT,
    Digest,
    DigestContents,
    DigestEntries,
    DigestSubset,
    Snapshot,
)
from pants.engine.internals.scheduler import ExecutionError
from pants.engine.process import FallibleProcessResult, Process
from pants.engine.rules import QueryRule
from pants.testutil.rule_runner import MockGet, RuleRunner, run_rule_with_mocks

from rules_transformers.util_rules import tool_run
from rules_transformers.util_rules.tool_run import INPUTS, OutputsMissing, RemoteExecution, ToolRun

# Whatever it is asked for, the first entry of a damaged cache lacks it.
_LACKS_ONCE = '[ -n "$RULES_TRANSFORMERS_ONCE_MORE" ] || '


@pytest.fixture
def rule_runner() -> RuleRunner:
    return RuleRunner(
        rules=[
            *tool_run.rules(),
            QueryRule(FallibleProcessResult, [ToolRun]),
            QueryRule(FallibleProcessResult, [Process]),
        ]
    )


def _process(script: str, **outputs: Any) -> Process:
    return Process(["/bin/sh", "-c", script], description="Convert m.py", **outputs)


def _run(rule_runner: RuleRunner, process: Process) -> tuple[int, dict[str, bytes]]:
    result = rule_runner.request(FallibleProcessResult, [ToolRun(process)])
    contents = rule_runner.request(DigestContents, [result.output_digest])
    return result.exit_code, {file.path: file.content for file in contents}


@pytest.mark.parametrize(
    ("script", "outputs", "expected"),
    [
        ("echo a >out", {"output_files": ("out",)}, {"out": b"a\n"}),
        ("/bin/mkdir -p d/e; echo a >d/e/f", {"output_directories": ("d",)}, {"d/e/f": b"a\n"}),
    ],
)
def test_a_missing_output_is_made(
    rule_runner: RuleRunner,
    caplog: pytest.LogCaptureFixture,
    script: str,
    outputs: dict[str, tuple[str, ...]],
    expected: dict[str, bytes],
) -> None:
    assert _run(rule_runner, _process(script, **outputs)) == (0, expected)
    assert caplog.text == ""
    lacking = _process(f"{_LACKS_ONCE} exit 0; {script}", **outputs)
    assert _run(rule_runner, lacking) == (0, expected)
    (name,) = (*outputs.values(),)
    assert f"Convert m.py: its cached result lacks `{name[0]}`" in caplog.text
    assert "--no-remote-cache-read" in caplog.text


def test_one_of_several(rule_runner: RuleRunner, caplog: pytest.LogCaptureFixture) -> None:
    script = f"/bin/mkdir d; echo a >found; {_LACKS_ONCE} exit 0; echo b >lost"
    process = _process(script, output_files=("found", "lost"), output_directories=("d",))
    assert _run(rule_runner, process) == (0, {"found": b"a\n", "lost": b"b\n"})
    assert "lacks `lost`, so" in caplog.text


def test_what_lacks_twice_is_an_error(rule_runner: RuleRunner) -> None:
    with pytest.raises(
        ExecutionError, match=r"Convert m\.py: the process ended with 0, and its .* lacks"
    ):
        _run(rule_runner, _process("true", output_directories=("d",)))


# What a tool does when it is asked for a receipt: of an empty file `out`, whose digest is known.
_EMPTY = hashlib.sha256(b"").hexdigest()
_WRITES_RECEIPT = (
    'inputs=$(echo "$RULES_TRANSFORMERS_RECEIPT" | /usr/bin/cut -d\\" -f4); : >out; '
    '{} printf \'{{"inputs": "%s", "files": {{"out": "%s"}}}}\' "$inputs" '
    f"{_EMPTY} >__receipt.json"
)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ("inputs=of-others;", "its cached result is that of other inputs, so"),
        ("echo altered >out;", "its cached result has another `out` than was written, so"),
        ("echo altered >__receipt.json; exit 0;", "its cached result has a damaged receipt, so"),
    ],
)
def test_a_result_that_its_receipt_does_not_fit_is_made_again(
    rule_runner: RuleRunner, caplog: pytest.LogCaptureFixture, damage: str, message: str
) -> None:
    outputs = {"output_files": ("out",)}
    sound = _process(_WRITES_RECEIPT.format(""), **outputs)
    assert _run(rule_runner, sound) == (0, {"out": b""})
    assert caplog.text == ""
    damaged = _process(_WRITES_RECEIPT.format(f"{_LACKS_ONCE} {{ {damage} }};"), **outputs)
    assert _run(rule_runner, damaged) == (0, {"out": b""})
    assert message in caplog.text


def test_a_server_that_returns_no_outputs_is_named(rule_runner: RuleRunner) -> None:
    """Running it once more there would give the same."""
    run_here = rule_runner.request(FallibleProcessResult, [_process("true")])
    ran: list[Process] = []

    def run_there(process: Process) -> FallibleProcessResult:
        ran.append(process)
        return run_here

    with pytest.raises(OutputsMissing) as error:
        run_rule_with_mocks(
            tool_run.run_tool,
            rule_args=[ToolRun(_process("true", output_directories=("d",)))],
            mock_gets=[
                MockGet(output_type=FallibleProcessResult, input_types=(Process,), mock=run_there),
                MockGet(output_type=Snapshot, input_types=(Digest,), mock=lambda _: EMPTY_SNAPSHOT),
                *(
                    MockGet(output_type=output, input_types=(asked,), mock=lambda _: ())
                    for output, asked in (
                        (DigestContents, DigestSubset),
                        (DigestEntries, Digest),
                        (Digest, DigestSubset),
                    )
                ),
                MockGet(
                    output_type=RemoteExecution,
                    input_types=(),
                    mock=lambda: RemoteExecution(is_on=True),
                ),
            ],
        )
    message = str(error.value)
    assert message.startswith("Convert m.py: the remote execution server ended the process with 0")
    assert "returned no `d`\nhint: Pants 2." in message
    assert "version 2.0 of the Remote Execution API" in message
    assert len(ran) == 1


def test_a_failure_need_leave_nothing(
    rule_runner: RuleRunner, caplog: pytest.LogCaptureFixture
) -> None:
    assert _run(rule_runner, _process("exit 2", output_files=("out",))) == (2, {})
    assert caplog.text == ""


def test_the_inputs_are_reported() -> None:
    process = _process("true")
    assert ToolRun(process).metadata() == {INPUTS: process.input_digest}
