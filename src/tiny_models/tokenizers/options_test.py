from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tiny_models.tokenizers.options import TokenizerOptions
from toolkit.errors import InputError


def test_nothing_asked_for() -> None:
    assert TokenizerOptions.parse({}) == TokenizerOptions()
    assert TokenizerOptions.parse({"family": None, "chat_template": True}) == TokenizerOptions()


def test_what_is_asked_for() -> None:
    options = TokenizerOptions.parse(
        {"family": "unigram", "chat_template": False, "from_checkpoint": "a/b"}
    )
    assert options == TokenizerOptions("unigram", 640, False, Path("a/b"))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"family": "byte_level_bp"}, "did you mean `byte_level_bpe`"),
        ({"family": "xyz"}, "known: bpe_byte_fallback, byte_level_bpe, character"),
        ({"famly": "unigram"}, "did you mean `family`"),
        ({"family": 3}, "wrong type: 3"),
        ({"vocabulary_size": 10}, "from 300 to 100000, found 10"),
        ({"vocabulary_size": True}, "found True"),
        ({"chat_template": 3}, "wrong type: 3"),
    ],
)
def test_what_cannot_be_asked_for(values: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as raised:
        TokenizerOptions.parse(values)
    assert message in raised.value.render()
