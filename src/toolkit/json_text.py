"""Parses JSON that somebody else wrote, and finds the line and column of a value in its text."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from toolkit.errors import InputError, position

# Python's own limit is 4,300 digits, and its message says nothing of the place.
_MOST_DIGITS = 400
_SPACE = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()

# Leads to a value: the keys of objects and the indexes of lists on the way to it.
Route = Sequence[str | int]


class _Refused(ValueError):
    """A value that is JSON, or nearly, and that no tool wants; ``token`` is its text."""

    def __init__(self, message: str, token: str = "") -> None:
        super().__init__(message)
        self.token = token


def parse(text: str, place: str, what: str = "the file") -> Any:
    """The value of a JSON text.

    Raises InputError at the line and column of what is wrong: no JSON, a key that an object has
    twice, ``NaN`` and the infinities, a number of more than 400 digits, too deep nesting.
    """
    try:
        return json.loads(
            text,
            object_pairs_hook=_without_duplicates,
            parse_constant=_refuse_constant,
            parse_int=_bounded,
        )
    except json.JSONDecodeError as problem:
        raise InputError(
            f"{what} is not JSON: {problem.msg}",
            place=position(place, problem.lineno, problem.colno),
        ) from None
    except _Refused as problem:
        offset = text.rfind(problem.token) if problem.token else -1
        raise InputError(f"{what}: {problem}", place=_place(text, offset, place)) from None
    except RecursionError:
        raise InputError(f"{what} is nested too deeply", place=place) from None


def locate(text: str, route: Route, place: str) -> str:
    """``place`` with the line and column of the value that ``route`` leads to in a JSON text.

    Where the value is missing, those of the object or list that should hold it.
    """
    offset = _skip(text, 0)
    for step in route:
        inner = _member(text, offset, step)
        if inner is None:
            break
        offset = inner
    return _place(text, offset, place)


def described(route: Route) -> str:
    """A route as people write it: ``fixtures[0].config.seed``."""
    text = ""
    for step in route:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{step}" if text else step
    return text


def _place(text: str, offset: int, place: str) -> str:
    if offset < 0:
        return place
    line = text.count("\n", 0, offset) + 1
    return position(place, line, offset - text.rfind("\n", 0, offset))


def _skip(text: str, offset: int) -> int:
    match = _SPACE.match(text, offset)
    return match.end() if match else offset


def _member(text: str, offset: int, step: str | int) -> int | None:
    """Where the value of a key, or the item of an index, begins; None if there is none."""
    if text[offset] != ("{" if isinstance(step, str) else "["):
        return None
    index = 0
    offset = _skip(text, offset + 1)
    while text[offset] not in "}]":
        name: Any = index
        if isinstance(step, str):
            name, offset = _DECODER.raw_decode(text, offset)
            offset = _skip(text, _skip(text, offset) + 1)
        if name == step:
            return offset
        _, offset = _DECODER.raw_decode(text, offset)
        offset = _skip(text, offset)
        if text[offset] == ",":
            offset = _skip(text, offset + 1)
        index += 1
    return None


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _Refused(f"the key {json.dumps(twice)} occurs twice in one object", json.dumps(twice))
    return values


def _refuse_constant(token: str) -> float:
    raise _Refused(f"{token} is not a JSON number", token)


def _bounded(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise _Refused(f"a number has {len(digits):,} digits", digits)
    return int(digits)
