"""Every message that the troubleshooting page has as a heading is one that the code gives."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

_PAGE = Path("docs/troubleshooting.md")
_SOURCES = ("src", "rules/rules_transformers", "build-support/bootstrap")
_VALUE = "…"


def _texts(path: Path) -> Iterator[str]:
    """The strings of a module, with a mark for each value that is put into them."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.JoinedStr):
            yield "".join(
                part.value if isinstance(part, ast.Constant) else _VALUE for part in node.values
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value.replace("{}", _VALUE)


@pytest.fixture(scope="module")
def said() -> str:
    """All that the code can say; quotes around values are left out, as headings are code."""
    paths = [path for root in _SOURCES for path in sorted(Path(root).rglob("*.py"))]
    assert len(paths) > 200
    code = [path for path in paths if not path.name.endswith("_test.py")]
    texts = "\n".join(text for path in code for text in _texts(path)).replace("`", "")
    return re.sub(f"{_VALUE}+", _VALUE, texts)


def _headings() -> list[str]:
    return re.findall(r"^### `(.*)`$", _PAGE.read_text(), re.MULTILINE)


def test_each_entry_has_a_message_as_its_heading() -> None:
    assert len(_headings()) == len(re.findall(r"^### ", _PAGE.read_text(), re.MULTILINE)) > 40


@pytest.mark.parametrize("heading", _headings())
def test_the_code_says_it(heading: str, said: str) -> None:
    assert heading in said


@pytest.mark.parametrize("wrong", ["No modular models were selected", "has altered: sha256 …"])
def test_what_the_code_does_not_say_is_found(wrong: str, said: str) -> None:
    assert wrong not in said
