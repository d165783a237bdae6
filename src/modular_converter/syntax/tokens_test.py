from __future__ import annotations

import io
import tokenize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modular_converter.syntax.tokens import (
    code_only,
    identifiers,
    matching_bracket,
    references,
    references_in,
    refers_to,
    strip_comments,
    tokens,
)

SAMPLES = [
    'x = "a # b"  # c',
    "f'{a!r:>{width}} {{not}} {b[\"k\"]}'",
    'rb"""raw \\""" + y',
    "s = '''it's'''",
    'f"{x:%Y-%m}{y}"',
    'call(f\'a{f"{inner}"}b\', key=rf"{z}\\d")',
    "'unterminated",
]


@pytest.mark.parametrize("text", SAMPLES)
def test_tokens_cover_the_text_in_order(text: str) -> None:
    assert "".join(text[start:end] for _, start, end in tokens(text)) == text


@given(st.text(alphabet="abf'\"#{}\\\n :!=rN(),", max_size=60))
def test_any_text_is_covered(text: str) -> None:
    position = 0
    for _, start, end in tokens(text):
        assert start == position and end >= start
        position = end
    assert position == len(text)


def test_identifiers_are_those_of_code_and_replacement_fields() -> None:
    text = "def go(self, a='word', *, b: 'T'):\n    return f'{a.text!r} literal {b:{width}}'  # c\n"
    assert identifiers(text) >= {"go", "self", "a", "b", "text", "width"}
    assert not identifiers(text) & {"word", "T", "literal", "c"}


def test_identifiers_agree_with_tokenize() -> None:
    with open(__file__, encoding="utf-8") as file:
        text = file.read()
    names = {
        token.string
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type == tokenize.NAME
    }
    assert names <= identifiers(text)


def test_references_are_dotted_and_include_quoted_annotations() -> None:
    text = 'def f(x: "Cache | None", y=torch.utils.checkpoint) -> "torch.Tensor": x.attribute\n'
    found = references(text)
    assert {"Cache", "torch.utils.checkpoint", "torch.Tensor", "x.attribute"} <= found
    assert "attribute" not in found


def test_references_leave_ordinary_strings_out() -> None:
    assert "torch" not in references('print("uses torch here")')


def test_matching_bracket_ignores_strings_and_comments() -> None:
    text = "f(a, ')', # )\n b[1])"
    assert matching_bracket(text, 1) == len(text) - 1


def test_code_only_blanks_text() -> None:
    assert "secret" not in code_only("a = 'secret'  # secret")


def test_strip_comments() -> None:
    assert strip_comments("  # one\nx = 1  # two\n") == "x = 1"


@given(st.text(alphabet="ab.\n (1_é", max_size=30), st.sampled_from(["a", "b", "ab", "_", "aé"]))
def test_a_reference_by_name_is_one_of_all_references(code: str, name: str) -> None:
    heads = {reference.partition(".")[0] for reference in references_in(code)}
    assert refers_to(code, name) == (name in heads)
