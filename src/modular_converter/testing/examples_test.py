"""Each example has the finding that it is for, at a place, and its correction does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from modular_converter.cli.main import main
from modular_converter.diagnostics.codes import BY_NAME, CODES
from modular_converter.diagnostics.record import render
from modular_converter.testing.commands import COMMANDS
from modular_converter.testing.examples import EXAMPLES, MODULAR, findings


@pytest.mark.parametrize("code", EXAMPLES)
def test_the_finding_is_reported_and_the_correction_has_none(code: str) -> None:
    example = EXAMPLES[code]
    reported = [finding for finding in findings(example, example.wrong) if finding.code == code]
    assert reported
    assert all(f"{finding.path}:{finding.line}" for finding in reported)
    assert reported[0].path == MODULAR and reported[0].line
    assert "\nhint: " in render(reported[0])
    corrected = findings(example, example.right)
    assert code not in [finding.code for finding in corrected]
    if not BY_NAME[code].is_pedantic:
        visible = {finding.code for finding in corrected if not BY_NAME[finding.code].is_pedantic}
        assert not visible, "the correction has another finding"


@pytest.mark.parametrize("code", EXAMPLES)
def test_definitions_that_are_read_late_have_the_same_findings(code: str) -> None:
    example = EXAMPLES[code]
    for text in (example.wrong, example.right):
        assert findings(example, text, reads_late=True) == findings(example, text)


def test_every_code_has_an_example() -> None:
    assert {code.name for code in CODES} == EXAMPLES.keys() | COMMANDS.keys()
    assert not EXAMPLES.keys() & COMMANDS.keys()


@pytest.mark.parametrize("code", COMMANDS)
def test_the_command_reports_the_finding(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    situation = COMMANDS[code]
    situation.create(tmp_path)
    monkeypatch.chdir(tmp_path)
    main(situation.command.split())
    shown = capsys.readouterr()
    assert f"[{code}]: " in shown.err or f'"ruleId": "{code}"' in shown.out
