from __future__ import annotations

import pytest

from modular_converter.diagnostics.record import Diagnostic, Severity, render

_COMMENT = "suppress this with `# modular: ignore[redundant-override]`"


def _rendered(severity: Severity, path: str, line: int, hint: str) -> str:
    return render(Diagnostic("redundant-override", severity, path, line, 1, "message", hint, ""))


@pytest.mark.parametrize(
    ("hint", "expected"),
    [("delete it", f"hint: delete it; or {_COMMENT}"), ("", f"hint: {_COMMENT}")],
)
def test_a_warning_names_the_comment_that_suppresses_it(hint: str, expected: str) -> None:
    assert _rendered("warning", "models/x/modular_x.py", 3, hint).splitlines()[-1] == expected


@pytest.mark.parametrize(
    ("severity", "path", "line"),
    [
        ("error", "models/x/modular_x.py", 3),
        ("warning", "models/x/modular_x.py", 0),
        ("warning", "transformers/models/llama/modeling_llama.py", 3),
    ],
)
def test_what_no_comment_suppresses_names_none(severity: Severity, path: str, line: int) -> None:
    assert _rendered(severity, path, line, "delete it").splitlines()[-1] == "hint: delete it"


def test_what_steers_a_terminal_is_escaped_and_the_caret_moves_with_it() -> None:
    finding = Diagnostic("c", "error", "a.py", 3, 6, "no \x1b here", source_line="x = \u202ey")
    assert render(finding).splitlines() == [
        "a.py:3:6: error[c]: no \\x1b here",
        "  3 | x = \\u202ey",
        "    |           ^",
    ]
