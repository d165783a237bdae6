"""Spoils JSON that a tool reads: its values, its structure and its bytes."""

from __future__ import annotations

import copy
import json
from random import Random
from typing import Any

# What readers have stumbled over: types, sizes, half a surrogate pair, paths, numbers at limits.
_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2**31, 2**63, 2**64, -(2**63) - 1, 10**300, 0.5, -0.0, 1e308),
    *("", " ", "\0", "\ud800", "..", "../x", "/x", "a\\b", "c:x", "x" * 300, "ü", "\u202e", "nan"),
    *([], {}, [[]], [None], {"": None}, {"a": {"b": []}}, ["a", 1]),
)
# Texts in place of a value, which no JSON encoder writes.
_RAW = (
    *("9" * 5000, "-" + "9" * 500, "1e999", "NaN", "-Infinity", "[" * 5000, '{"a":' * 3000),
    *('{"a": 1, "a": 2}', '"\\ud800"', "tru", "'x'", "01", "1.", "//", ""),
)
_MARK = "\ue000mark\ue000"


def mutated(random: Random, document: Any) -> bytes:
    """The text of a document with one to three changes."""
    value = copy.deepcopy(document)
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        value = _changed(random, value)
    text = json.dumps(value, indent=random.choice((None, 1)))
    mark = json.dumps(_MARK)
    while mark in text:
        text = text.replace(mark, random.choice(_RAW), 1)
    content = text.encode("utf-8", "surrogatepass")
    return spoilt(random, content) if random.random() < 0.25 else content


def _changed(random: Random, document: Any) -> Any:
    """The document with a value or a key changed, doubled or removed."""
    places = list(_places(document))
    if not places:
        return copy.deepcopy(random.choice(_VALUES))
    holder, key = random.choice(places)
    kind = random.randrange(6)
    if kind == 0:
        del holder[key]
    elif kind == 1 and isinstance(holder, dict):
        holder[random.choice(("", "x", "schema", "../x", "\ud800", "a" * 300))] = holder.pop(key)
    elif kind == 2 and isinstance(holder, list):
        holder.insert(key, copy.deepcopy(holder[key]))
    elif kind == 3:
        holder[key] = _MARK
    elif kind == 4:
        other, other_key = random.choice(places)
        holder[key] = copy.deepcopy(other[other_key])
    else:
        holder[key] = copy.deepcopy(random.choice(_VALUES))
    return document


def _places(value: Any) -> Any:
    waiting = [value]
    while waiting:
        holder = waiting.pop()
        if isinstance(holder, dict):
            keys: Any = list(holder)
        elif isinstance(holder, list):
            keys = range(len(holder))
        else:
            continue
        for key in keys:
            yield holder, key
            waiting.append(holder[key])


def spoilt(random: Random, content: bytes) -> bytes:
    """Bytes with some of them changed, removed or doubled, or cut off."""
    data = bytearray(content)
    for _ in range(random.randint(1, 4)):
        at = random.randrange(len(data) + 1)
        kind = random.randrange(4)
        if kind == 0:
            data[at : at + 1] = bytes([random.randrange(256)])
        elif kind == 1:
            del data[at : at + random.choice((1, 2, 8, 64))]
        elif kind == 2:
            data[at:at] = data[at : at + 16]
        elif random.random() < 0.2:
            del data[at:]
    return bytes(data)
