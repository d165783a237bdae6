from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tiny_models.tokenizers.families import backend
from tiny_models.tokenizers.shrink import shrink, shrink_lines, shrink_merges
from toolkit.errors import InputError

FIRST = ["<unk>", "<s>", "</s>"]
FAMILIES = ("byte_level_bpe", "bpe_byte_fallback", "unigram")


def original(family: str) -> dict[str, Any]:
    from tokenizers import AddedToken, processors

    tokenizer = backend(family, FIRST, "<unk>", 1200)
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in FIRST])
    tokenizer.add_special_tokens(["<image>", "<|reserved_special_token_7|>"])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A <image>",
        special_tokens=[("<s>", 1), ("<image>", tokenizer.token_to_id("<image>"))],
    )
    serialized: dict[str, Any] = json.loads(tokenizer.to_str())
    return serialized


ORIGINALS = {family: original(family) for family in FAMILIES}


def loaded(content: dict[str, Any]) -> Any:
    from tokenizers import Tokenizer

    return Tokenizer.from_str(json.dumps(content))


@settings(deadline=None, max_examples=40)
@given(st.sampled_from(FAMILIES), st.integers(300, 1000), st.text(max_size=40))
def test_texts_come_back_and_ids_are_dense(family: str, size: int, text: str) -> None:
    shrunk = loaded(shrink(ORIGINALS[family], size))
    ids = shrunk.encode(text).ids
    vocabulary = shrunk.get_vocab()
    assert sorted(vocabulary.values()) == list(range(len(vocabulary)))
    assert max(ids) < len(vocabulary)
    # Beyond the special tokens no more than was asked for, or than the bytes need.
    assert len(vocabulary) <= max(size, 256 + 96) + 5
    body = shrunk.encode(text, add_special_tokens=False).ids
    assert shrunk.decode(body) == loaded(ORIGINALS[family]).decode(
        loaded(ORIGINALS[family]).encode(text, add_special_tokens=False).ids
    )


@pytest.mark.parametrize("family", FAMILIES)
def test_special_tokens_are_renumbered_everywhere(family: str) -> None:
    content = shrink(ORIGINALS[family], 300)
    shrunk = loaded(content)
    encoded = shrunk.encode("the")
    assert encoded.tokens[0] == "<s>"
    assert encoded.tokens[-1] == "<image>"
    assert encoded.ids[-1] == shrunk.token_to_id("<image>")
    assert shrunk.token_to_id("<|reserved_special_token_7|>") is None


def test_a_reserved_token_that_is_wanted_stays() -> None:
    wanted = "<|reserved_special_token_7|>"
    shrunk = loaded(shrink(ORIGINALS["byte_level_bpe"], 300, [wanted]))
    assert shrunk.token_to_id(wanted) is not None


@given(st.integers(300, 1200))
@settings(deadline=None, max_examples=20)
def test_merges_are_of_what_is_kept(size: int) -> None:
    model = shrink(ORIGINALS["byte_level_bpe"], size)["model"]
    for left, right in model["merges"]:
        assert {left, right, left + right} <= set(model["vocab"])


@pytest.mark.parametrize("family", FAMILIES)
def test_shrinking_twice_changes_nothing_more(family: str) -> None:
    once = shrink(ORIGINALS[family], 400)
    assert shrink(once, 400) == once


def test_the_original_is_left_alone() -> None:
    before = json.dumps(ORIGINALS["unigram"])
    shrink(ORIGINALS["unigram"], 300)
    assert json.dumps(ORIGINALS["unigram"]) == before


def test_wordpiece_lines_keep_their_order() -> None:
    lines = ["[PAD]", "[unused0]", "[UNK]", "a", "##a", "zebra", "the", "##ing"]
    assert shrink_lines(lines, 4, ["[PAD]", "[UNK]"]) == [
        *("[PAD]", "[UNK]", "a", "##a", "zebra", "the")
    ]


def test_merges_beside_a_vocabulary() -> None:
    vocabulary = {"<unk>": 0, "a": 1, "b</w>": 2, "c": 3, "ab</w>": 4, "ca": 5}
    kept, merges = shrink_merges(vocabulary, ["a b</w> 9", "c a 3"], 4, ["<unk>"])
    assert merges == ["a b</w> 9"]
    assert kept == {"<unk>": 0, "a": 1, "b</w>": 2, "c": 3, "ab</w>": 4}


@pytest.mark.parametrize("content", [{}, {"model": {"type": "Odd"}, "added_tokens": []}])
def test_what_is_no_tokenizer(content: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"tokenizer\.json"):
        shrink(content, 300)
