"""Words that the style guide replaces are in no page, comment, docstring or message."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

_GUIDE = Path("docs/style-guide.md")
# Of the guide's words, those that are wrong whatever is meant.
_AVOIDED = re.compile(r"\b(?:tells?|told|mend(?:s|ed|ing)?|anew|whoever)\b", re.IGNORECASE)
_TEXT_TOKENS = {tokenize.COMMENT, tokenize.STRING}
# Plain words, which a vocabulary of English has.
_VOCABULARY = Path("src/tiny_models/tokenizers/words.py")


def _pages() -> list[Path]:
    pages = {*Path().glob("*.md"), *Path("docs").rglob("*.md"), *Path(".github").rglob("*.md")}
    return sorted(pages - {_GUIDE})


def _modules() -> list[Path]:
    return sorted(
        path
        for root in ("rules", "src")
        for path in Path(root).rglob("*.py")
        if path != _VOCABULARY
    )


def _avoided_in_module(text: str) -> Iterator[str]:
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in _TEXT_TOKENS and (word := _AVOIDED.search(token.string)):
            yield f"line {token.start[0]}: {word[0]}"


def test_the_files_are_found() -> None:
    assert len(_pages()) > 30
    assert len(_modules()) > 500


def test_the_guide_lists_the_words() -> None:
    words = {word.lower() for word in _AVOIDED.findall(_GUIDE.read_text(encoding="utf-8"))}
    assert words == {"tells", "told", "mend", "anew", "whoever"}


def test_a_word_is_found_where_people_read() -> None:
    text = 'position = file.tell()  # it tells where\n"""Made anew."""\ntold = 1\n'
    assert list(_avoided_in_module(text)) == ["line 1: tells", "line 2: anew"]


@pytest.mark.parametrize("page", _pages(), ids=str)
def test_pages(page: Path) -> None:
    lines = enumerate(page.read_text(encoding="utf-8").splitlines(), start=1)
    assert [(number, line) for number, line in lines if _AVOIDED.search(line)] == []


def test_modules() -> None:
    avoided = {
        str(path): words
        for path in _modules()
        if (words := list(_avoided_in_module(path.read_text(encoding="utf-8"))))
    }
    assert avoided == {}
