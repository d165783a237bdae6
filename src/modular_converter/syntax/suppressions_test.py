from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modular_converter.cli.main import main
from modular_converter.conftest import Workspace
from modular_converter.convert.model import Conversion
from modular_converter.diagnostics.codes import CODES
from modular_converter.syntax.suppressions import take_comments

MODULAR = '''# Licence
#
# More of it.

from torch import nn  # noqa

from ..llama.modeling_llama import (  # first
    LlamaMLP,
)

unused = 1


class NewOneMLP(LlamaMLP):
    size = 2  # two

    def reset(self):
        raise AttributeError()

    def forward(self, x):
        text = """# modular: ignore[not-a-comment]
        """
        return super().forward(x) + 1, text  # sum


__all__ = ["NewOneMLP"]
'''
PARENT = (
    "class LlamaMLP:\n    size = 1\n\n    def reset(self):\n        return 1\n\n"
    "    def forward(self, x):\n        return x\n"
)
COMMENT = "# modular: ignore[unreached-object]"


def converted(workspace: Workspace, text: str) -> Conversion:
    workspace.parent(PARENT)
    path = Path(workspace.modular(""))
    path.write_text(text)
    return workspace.convert(text)


def codes(conversion: Conversion) -> list[str]:
    return [warning.code for warning in conversion.warnings]


def test_warnings_of_a_line_are_suppressed(workspace: Workspace) -> None:
    assert codes(converted(workspace, MODULAR)) == ["unreached-object", "lost-super"]
    text = MODULAR.replace("unused = 1", f"unused = 1  {COMMENT}")
    assert codes(converted(workspace, text)) == ["lost-super"]
    text = text.replace("# sum", "# sum # modular: ignore[lost-super, rename-in-url] as wanted")
    assert codes(converted(workspace, text)) == []


def test_another_line_or_code_is_not_suppressed(workspace: Workspace) -> None:
    text = MODULAR.replace("size = 2", f"size = 2  {COMMENT}")
    assert codes(converted(workspace, text)) == ["unreached-object", "lost-super"]
    text = MODULAR.replace("unused = 1", "unused = 1  # modular: ignore[lost-super]")
    assert codes(converted(workspace, text)) == ["unreached-object", "lost-super"]


def test_a_comment_at_the_top_suppresses_the_file(workspace: Workspace) -> None:
    text = MODULAR.replace("# More", "# modular: ignore[unreached-object,lost-super]\n# More")
    assert codes(converted(workspace, text)) == []


@pytest.mark.parametrize(
    ("comment", "message"),
    [
        ("# modular: ignore[unreched-object]", "unknown code `unreched-object`"),
        ("# modular: ignore[syntax-error]", "`syntax-error`, which is an error"),
        ("# modular: ignore", "names no code"),
    ],
)
def test_a_comment_that_names_no_warning_is_reported(
    workspace: Workspace, comment: str, message: str
) -> None:
    conversion = converted(workspace, MODULAR.replace("unused = 1", f"unused = 1  {comment}"))
    first = next(warning for warning in conversion.warnings if warning.code == "unknown-ignore")
    assert message in first.message
    line = MODULAR.split("\n").index("unused = 1") + 1
    assert (first.line, first.column) == (line, len("unused = 1  ") + 1)


def _places() -> Iterator[int]:
    """Lines of the modular that a comment can end: all but those inside the string."""
    lines = MODULAR.split("\n")
    start = next(i for i, line in enumerate(lines) if '"""' in line)
    for number, line in enumerate(lines):
        if line.strip() and number not in (start, start + 1):
            yield number


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.sets(st.sampled_from(sorted(_places()))),
    st.sets(st.integers(0, 3)),
    st.sampled_from([c.name for c in CODES if c.can_be_ignored]),
)
def test_comments_change_no_output(
    workspace: Workspace, ends: set[int], lone: set[int], code: str
) -> None:
    lines = MODULAR.split("\n")
    comment = f"# modular: ignore[{code}]"
    changed = [f"{line}  {comment}" if i in ends else line for i, line in enumerate(lines)]
    for position in sorted(lone, reverse=True):
        changed.insert(position, comment)
    expected = converted(workspace, MODULAR)
    got = converted(workspace, "\n".join(changed))
    assert {t: o.text for t, o in got.outputs.items()} == {
        t: o.text for t, o in expected.outputs.items()
    }


def test_strings_are_left_alone() -> None:
    text, ignores = take_comments('x = "# modular: ignore[lost-super]"\n', "x.py")
    assert text == 'x = "# modular: ignore[lost-super]"\n'
    assert ignores.comments == ()


def test_codes_are_ignored_on_the_command_line(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    converted(workspace, MODULAR)
    monkeypatch.chdir(workspace.root)
    path = "transformers/models/new_one/modular_new_one.py"

    def shown(*options: str) -> list[str]:
        assert main(["convert", "--search-path", ".", *options, path]) == 0
        return re.findall(r"warning\[([\w-]+)\]", capsys.readouterr().err)

    assert shown() == ["lost-super"]
    assert shown("--pedantic") == ["unreached-object", "lost-super"]
    assert shown("--pedantic", "--ignore", "lost-super") == ["unreached-object"]
    assert shown("--pedantic", "--ignore=lost-super,unreached-object") == []
    assert main(["convert", "--ignore=cycle", path]) == 2
    assert "errors cannot be ignored" in capsys.readouterr().err
    assert main(["convert", "--ignore=lost-supper", path]) == 2
    assert "no such code" in capsys.readouterr().err
