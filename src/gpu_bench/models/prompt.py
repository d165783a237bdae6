"""Prompts of an exact length: rows of token ids, all of them different."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

# Written for this purpose, in paragraphs of several kinds, as real prompts are. Rows of a batch
# begin at different words of it, because equal rows would let caches share what they never share in
# use.
TEXT = """
The harbour town wakes before its visitors do. Fishermen untie their boats while gulls quarrel over
what the night has left on the quay, and the first baker opens a window to let the heat out. By
seven the market square fills with crates of apples, cabbages and late roses, and someone always
asks whether the ferry will sail in such a wind. It usually does. The captain, who has crossed this
strait for thirty-one years, reads the waves as others read a newspaper, and he has been wrong only
twice.

Up the hill stands the old observatory, where three engineers keep a telescope alive that was meant
to serve for ten winters and has now served for forty. They replace one part each month: a bearing,
a mirror cell, a length of cable that mice have eaten. Their notebooks record every repair together
with the weather, the price of solder and the name of the person who brought the coffee.

"How bright was it last night?" asked the student.
"A little fainter than on Tuesday, 11.42 against 11.37," said the engineer. "But the sky was hazy
until two, so I would not print that yet."
"And if it is fainter again tomorrow?"
"Then we look at the comparison stars first, and at the filter second. Only after that do we write
to anybody."

Before you leave the dome:
1. Park the telescope, and wait until the motors are silent.
2. Close the shutter (the left lever, not the red one).
3. Note humidity, temperature and wind: 64 %, -3.5 degrees, 12 km/h, for example.
4. Switch off everything but the clock.

The clerk in the library below keeps the tables in order with a small program:

def mean_magnitude(readings, doubtful):
    kept = [value for night, value in readings.items() if night not in doubtful]
    return sum(kept) / len(kept) if kept else None

He checks each sum twice all the same, and marks doubtful values with a small red dot. Nobody
removes those dots, since a doubtful value honestly marked is worth more than a clean one that
nobody can explain. When the evening train arrives, the station clock is four minutes late, as it
has been since the storm, and the passengers set their watches by the church instead. Children run
along the platform, a dog sleeps beneath the bench, and far out on the water the ferry turns its
lights on, one after another, like a sentence that takes its time to end.
"""


def text_prompts(
    tokenize: Callable[[str], list[int]], batch_size: int, length: int
) -> list[list[int]]:
    """``batch_size`` rows of exactly ``length`` tokens of :data:`TEXT`, repeated as needed.

    ``tokenize`` gives the ids of a text, with the tokens that the tokenizer puts before it.
    Row r begins at the text's word r, so rows repeat only beyond as many words as the text has.
    Raises ValueError if the tokenizer gives no token for the text.
    """
    words = re.findall(r"\S+\s*", TEXT)
    return [_exactly(tokenize, _rotated(words, row), length) for row in range(batch_size)]


def _rotated(words: list[str], by: int) -> str:
    """The text from a word on, with what stands between words; its beginning follows its end."""
    by %= len(words)
    return "".join([*words[by:], "\n", *words[:by]]).strip()


def _exactly(tokenize: Callable[[str], list[int]], text: str, length: int) -> list[int]:
    once = len(tokenize(text))
    if once == 0:
        raise ValueError("the tokenizer gives no token for the prompt text")
    copies = length // once + 1
    while True:
        # One copy more than needed, so that no token which closes a text is in the cut.
        ids = tokenize("\n\n".join([text] * (copies + 1)))
        if len(ids) >= length + once // 2:
            return list(ids[:length])
        copies *= 2


def seeded_prompts(
    vocabulary: int, forbidden: Iterable[int], seed: int, batch_size: int, length: int
) -> list[list[int]]:
    """Rows of ids drawn evenly from those below ``vocabulary`` that are not ``forbidden``."""
    avoided = set(forbidden)
    allowed = [token for token in range(vocabulary) if token not in avoided]
    if not allowed:
        raise ValueError("every token id of the model is a special one")
    # Only `random()` is promised to give the same sequence in every version of Python.
    draw = random.Random(seed).random
    return [[allowed[int(draw() * len(allowed))] for _ in range(length)] for _ in range(batch_size)]


def special_ids(config: Mapping[str, Any]) -> set[int]:
    """Ids that a config, given as a dictionary, names as special tokens; nested configs too."""
    ids: set[int] = set()
    for key, value in config.items():
        if isinstance(value, Mapping):
            ids |= special_ids(value)
        elif str(key).endswith(("_token_id", "_token_ids", "_token_index")):
            values = value if isinstance(value, (list, tuple)) else [value]
            ids |= {token for token in values if isinstance(token, int) and token >= 0}
    return ids
