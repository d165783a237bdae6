from __future__ import annotations

import pytest

from rules_transformers.modular.util_rules.shown_paths import shown, shown_in_report

_LLAMA = "transformers/models/llama/modeling_llama.py"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            f"renaming changes a word: `a` becomes `b` (__parents/{_LLAMA}:445, 446)",
            f"renaming changes a word: `a` becomes `b` ({_LLAMA}:445, 446 of transformers==5.23.0)",
        ),
        (
            f"(__parents/{_LLAMA}:1, 2, 3 and 4 more), `c` becomes `d` (__parents/{_LLAMA}:9)",
            f"({_LLAMA}:1, 2, 3 and 4 more of transformers==5.23.0), `c` becomes `d` "
            f"({_LLAMA}:9 of transformers==5.23.0)",
        ),
        (
            f"__parents/{_LLAMA}:12:3: error[syntax-error]: the file is not valid Python",
            f"{_LLAMA}:12:3 of transformers==5.23.0: error[syntax-error]: the file is not valid "
            "Python",
        ),
        (
            f"__parents/{_LLAMA}: error[unreadable-source]: no",
            f"{_LLAMA} of transformers==5.23.0: error[unreadable-source]: no",
        ),
        (
            f"A is what B of __parents/{_LLAMA} gives it anyway",
            f"A is what B of {_LLAMA} of transformers==5.23.0 gives it anyway",
        ),
        (
            "error: __out/m/modeling_x.py cannot be written",
            "error: m/modeling_x.py cannot be written",
        ),
        (
            "__request.json:3:4: error[bad-request]: unknown profile `9`\n"
            '  3 |  "profile": "9",\n    |    ^\nhint: known profiles: 5\n',
            "[modular-converter]: error[bad-request]: unknown profile `9`\n"
            "hint: known profiles: 5\n",
        ),
    ],
)
def test_paths_of_the_sandbox_are_not_shown(text: str, expected: str) -> None:
    assert shown(text, "transformers==5.23.0") == expected


def test_without_a_distribution_its_name_is_left_out() -> None:
    assert shown("(__parents/lib/x.py:1)", None) == "(lib/x.py:1)"


def test_a_report_names_files_of_the_distribution_as_they_are_there() -> None:
    location = {"artifactLocation": {"uri": f"__parents/{_LLAMA}", "uriBaseId": "%SRCROOT%"}}
    own = {"artifactLocation": {"uri": "m/modular_x.py", "uriBaseId": "%SRCROOT%"}}
    log = {
        "message": {"text": f"see __parents/{_LLAMA}:3"},
        "locations": [location, own],
        "line": 3,
    }
    assert shown_in_report(log, "transformers==5.23.0") == {
        "message": {"text": f"see {_LLAMA}:3 of transformers==5.23.0"},
        "locations": [{"artifactLocation": {"uri": _LLAMA}}, own],
        "line": 3,
    }
