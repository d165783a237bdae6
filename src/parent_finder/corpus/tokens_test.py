from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from parent_finder.corpus.tokens import hashed_tokens, token_hash


def words(text: str) -> list[int]:
    return [int(token) for token in hashed_tokens(text)[0]]


def test_formatting_comments_and_documentation_do_not_count() -> None:
    documented = "def f(a, b):\n    '''Says.'''\n    return g('x', b)  # why\n"
    plain = 'def f(\n    a,\n    b,\n):\n    return g(\n        "x",\n        b,\n    )\n'
    assert words(documented) == words(plain)


def test_a_decorator_that_documents_does_not_count() -> None:
    plain = "class A:\n    def f(self): pass\n"
    documented = "@auto_docstring(\n    custom='x (',\n)\nclass A:\n    def f(self): pass\n"
    assert words(documented) == words(plain)
    assert words("@other\n" + plain) != words(plain)


def test_code_counts() -> None:
    assert words("f(a, b)") != words("f(b, a)")
    assert words("f('a')") != words("f('b')")
    assert words("f('a')") != words("f(f'a')")
    assert words("a - b") != words("a -= b")


def test_long_messages_are_alike() -> None:
    assert words(f"f('{'a' * 100}')") == words(f"f('{'b' * 100}')")


def test_lines_are_those_of_the_text() -> None:
    text = '"""One\ntwo."""\na = """x\ny"""\n\nb = 1\n'
    tokens, lines = hashed_tokens(text)
    assert lines[tokens == np.uint64(token_hash("b"))].tolist() == [6]


def test_hashes_are_stable_and_tell_words_apart() -> None:
    assert token_hash("hidden_states") == 9334679962117786525
    assert token_hash("hidden_states") % 2 == 1
    assert token_hash("(") % 2 == 0


@given(st.text(alphabet="ab'\"\\#\n()[], @f=1é", max_size=60))
def test_any_text_has_tokens_in_order_of_line(text: str) -> None:
    tokens, lines = hashed_tokens(text)
    assert len(tokens) == len(lines)
    assert (np.diff(lines) >= 0).all()
    assert all(1 <= line <= text.count("\n") + 1 for line in lines)
