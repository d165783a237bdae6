"""Matching words."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from modular_converter.explain.alignment import align, common, words

_TEXTS = st.lists(st.sampled_from("abc"), max_size=12)


def _longest(old: list[str], new: list[str]) -> int:
    table = [[0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i, left in enumerate(old):
        for j, right in enumerate(new):
            longest = max(table[i][j + 1], table[i + 1][j])
            table[i + 1][j + 1] = table[i][j] + 1 if left == right else longest
    return table[-1][-1]


@given(_TEXTS, _TEXTS)
def test_common_is_a_longest_common_subsequence(old: list[str], new: list[str]) -> None:
    pairs = common(old, new)
    assert all(old[i] == new[j] for i, j in pairs)
    assert all(a[0] < b[0] and a[1] < b[1] for a, b in pairwise(pairs))
    assert len(pairs) == _longest(old, new)


@given(st.text("ab(,) \n", max_size=30), st.text("ab(,) \n", max_size=30))
def test_matches_are_of_equal_words_and_never_cross(old_text: str, new_text: str) -> None:
    old, new = words(old_text.split("\n")), words(new_text.split("\n"))
    found = [(i, j) for j, i in enumerate(align(old, new)) if i is not None]
    assert all(old[i].text == new[j].text for i, j in found)
    assert all(a[0] < b[0] for a, b in pairwise(found))


def test_words_are_followed_through_another_layout() -> None:
    old = words(["x = f(a, 'b',", "      c)"])
    new = words(["x = f(", "    a,", '    "b",', "    c,", ")"])
    line_of = {
        word.line: old[position].line
        for word, position in zip(new, align(old, new), strict=True)
        if position is not None
    }
    assert line_of == {0: 0, 1: 0, 2: 0, 3: 1, 4: 1}
