from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpu_bench.models.prompt import TEXT, seeded_prompts, special_ids, text_prompts

BEGIN, END = 1, 2


def by_word(text: Any) -> Any:
    """A tokenizer of whole words that puts a token before a text and one after it."""
    return [BEGIN, *(10 + sum(map(ord, word)) for word in text.split()), END]


def by_byte(text: Any) -> Any:
    return list(text.encode())


@settings(max_examples=40, deadline=None)
@given(st.sampled_from([by_word, by_byte]), st.integers(1, 6), st.integers(1, 5000))
def test_rows_have_exactly_the_length_asked_for(tokenize: Any, rows: Any, length: Any) -> None:
    prompts = text_prompts(tokenize, rows, length)
    assert [len(prompt) for prompt in prompts] == [length] * rows


def test_a_text_is_never_closed_in_a_cut() -> None:
    for length in range(2, 900, 7):
        (row,) = text_prompts(by_word, 1, length)
        assert row[0] == BEGIN
        assert END not in row


def test_rows_of_a_batch_differ_as_far_as_the_text_goes() -> None:
    words = len(TEXT.split())
    rows = text_prompts(by_byte, words + 1, 64)
    assert len({tuple(row) for row in rows}) == words
    assert rows[0] == rows[words]


def test_paragraphs_and_lines_are_kept() -> None:
    first, second = text_prompts(lambda text: list(text.encode()), 2, len(TEXT.strip().encode()))
    assert bytes(first).decode() == TEXT.strip()
    assert TEXT.strip().startswith("The " + bytes(second).decode()[:500])
    # Paragraphs, a dialogue, a list and code.
    for part in ("\n\nUp the hill", 'student.\n"A little', "\n2. Close", "\n    return sum("):
        assert part in TEXT


def test_a_longer_prompt_goes_on_where_the_shorter_one_ends() -> None:
    (short,), (long,) = text_prompts(by_byte, 1, 50), text_prompts(by_byte, 1, 9000)
    assert long[:50] == short


def test_a_tokenizer_without_tokens_is_refused() -> None:
    with pytest.raises(ValueError, match="no token"):
        text_prompts(lambda text: [], 1, 5)


def test_seeded_rows_avoid_special_ids_and_depend_on_the_seed() -> None:
    rows = seeded_prompts(50, {0, 7, 49}, 3, 4, 200)
    drawn = {token for row in rows for token in row}
    assert drawn == set(range(50)) - {0, 7, 49}
    assert rows == seeded_prompts(50, {0, 7, 49}, 3, 4, 200)
    assert rows != seeded_prompts(50, {0, 7, 49}, 4, 4, 200)
    assert len({tuple(row) for row in rows}) == 4


def test_a_vocabulary_of_special_ids_is_refused() -> None:
    with pytest.raises(ValueError, match="special"):
        seeded_prompts(2, {0, 1}, 0, 1, 1)


def test_special_ids_are_found_in_nested_configs() -> None:
    config = {
        "eos_token_id": [5, 6],
        "pad_token_id": None,
        "id2label": {0: "LABEL_0"},
        "text_config": {"bos_token_id": 4, "image_token_index": 9},
        "hidden_size": 7,
    }
    assert special_ids(config) == {4, 5, 6, 9}
