"""Prompts of an exact length: rows of token ids, all of them different."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from typing import Any

# Written for this purpose. Rows of a batch begin at different words of it, because equal rows
# would let caches share what they never share in use.
TEXT = """
The harbour town wakes before its visitors do. Fishermen untie their boats while gulls quarrel over
what the night has left on the quay, and the first baker opens a window to let the heat out. By
seven the market square fills with crates of apples, cabbages and late roses, and someone always
asks whether the ferry will sail in such a wind. It usually does. The captain, who has crossed this
strait for thirty-one years, reads the waves as others read a newspaper, and he has been wrong only
twice. Up the hill stands the old observatory, where three engineers keep a telescope alive that
was meant to serve for ten winters and has now served for forty. They replace one part each month:
a bearing, a mirror cell, a length of cable that mice have eaten. Their notebooks record every
repair together with the weather, the price of solder and the name of whoever brought the coffee.
Students come in autumn to measure the light of variable stars, and they learn that patience is an
instrument too. A curve that looks like noise after one night turns into a pattern after fifty. In
the library below, a clerk copies the measurements into tables, checks each sum twice and marks
doubtful values with a small red dot. Nobody removes those dots, since a doubtful value honestly
marked is worth more than a clean one that nobody can explain. When the evening train arrives, the
station clock is four minutes late, as it has been since the storm, and the passengers set their
watches by the church instead. Children run along the platform, a dog sleeps beneath the bench, and
far out on the water the ferry turns its lights on, one after another, like a sentence that takes
its time to end.
"""


def text_prompts(
    tokenize: Callable[[str], list[int]], batch_size: int, length: int
) -> list[list[int]]:
    """``batch_size`` rows of exactly ``length`` tokens of :data:`TEXT`, repeated as needed.

    ``tokenize`` gives the ids of a text, with the tokens that the tokenizer puts before it.
    Row r begins at the text's word r, so rows repeat only beyond as many words as the text has.
    Raises ValueError where the tokenizer gives no token for the text.
    """
    words = TEXT.split()
    return [_exactly(tokenize, _rotated(words, row), length) for row in range(batch_size)]


def _rotated(words: list[str], by: int) -> str:
    by %= len(words)
    return " ".join(words[by:] + words[:by])


def _exactly(tokenize: Callable[[str], list[int]], text: str, length: int) -> list[int]:
    once = len(tokenize(text))
    if once == 0:
        raise ValueError("the tokenizer gives no token for the prompt text")
    copies = length // once + 1
    while True:
        # One copy more than needed, so that no token which closes a text is in the cut.
        ids = tokenize(" ".join([text] * (copies + 1)))
        if len(ids) >= length + once // 2:
            return list(ids[:length])
        copies *= 2


def seeded_prompts(
    vocabulary: int, forbidden: Iterable[int], seed: int, batch_size: int, length: int
) -> list[list[int]]:
    """Rows of ids drawn evenly from those below ``vocabulary`` that are not ``forbidden``."""
    avoided = set(forbidden)
    allowed = [each for each in range(vocabulary) if each not in avoided]
    if not allowed:
        raise ValueError("every token id of the model is a special one")
    # Only `random()` is promised to give the same sequence in every version of Python.
    draw = random.Random(seed).random
    return [[allowed[int(draw() * len(allowed))] for _ in range(length)] for _ in range(batch_size)]


def special_ids(config: Mapping[str, Any]) -> set[int]:
    """Ids that a config, given as a dictionary, names as special tokens; nested configs too."""
    found: set[int] = set()
    for key, value in config.items():
        if isinstance(value, Mapping):
            found |= special_ids(value)
        elif str(key).endswith(("_token_id", "_token_ids", "_token_index")):
            values = value if isinstance(value, (list, tuple)) else [value]
            found |= {each for each in values if isinstance(each, int) and each >= 0}
    return found
