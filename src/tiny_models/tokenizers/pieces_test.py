from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiny_models.tokenizers.pieces import (
    METASPACE,
    Notation,
    byte_characters,
    byte_pieces,
    listed_pieces,
    merge_pieces,
    scored_pieces,
)

NOTATIONS = (
    Notation(byte_level=True),
    Notation(byte_level=True, word_end="</w>"),
    Notation(word_start=METASPACE, byte_fallback=True),
    Notation(word_end="</w>"),
)
notations = st.sampled_from(NOTATIONS)
sizes = st.integers(min_value=1, max_value=3000)


@given(notations, sizes)
def test_each_merge_is_of_pieces_and_makes_one(notation: Notation, size: int) -> None:
    made = merge_pieces(notation, size)
    known = set(made.pieces)
    assert len(known) == len(made.pieces)
    assert len(set(made.merges)) == len(made.merges)
    for left, right in made.merges:
        assert {left, right, left + right} <= known


@given(notations, sizes)
def test_the_size_bounds_all_but_the_alphabet(notation: Notation, size: int) -> None:
    alphabet = merge_pieces(notation, 0)
    made = merge_pieces(notation, size)
    assert not alphabet.merges
    assert len(made.pieces) <= max(size, len(alphabet.pieces))


@given(notations, sizes)
def test_a_larger_vocabulary_keeps_the_ids_of_a_smaller_one(notation: Notation, size: int) -> None:
    small, large = merge_pieces(notation, size), merge_pieces(notation, size + 100)
    assert large.pieces[: len(small.pieces)] == small.pieces
    assert large.merges[: len(small.merges)] == small.merges


def test_bytes_have_distinct_printable_characters() -> None:
    characters = byte_characters()
    assert len(set(characters)) == 256
    assert all(character.isprintable() and character != " " for character in characters)
    assert characters[ord("a")] == "a"
    assert len(set(byte_pieces())) == 256


@given(st.sampled_from([Notation(word_start=METASPACE), NOTATIONS[2]]), st.integers(600, 2000))
def test_words_are_likelier_than_characters(notation: Notation, size: int) -> None:
    scores = dict(scored_pieces(notation, size))
    assert len(scores) <= size
    assert scores[f"{METASPACE}the"] > scores["t"] + scores["h"] + scores["e"]
    assert all(score < 0 for score in scores.values())


@pytest.mark.parametrize("continuation", ["", "##"])
def test_a_word_can_be_spelled_in_a_list(continuation: str) -> None:
    pieces = listed_pieces(Notation(continuation=continuation), 300)
    assert {"q", f"{continuation}z"} <= set(pieces)
    assert "the" in listed_pieces(Notation(continuation=continuation), 400)
