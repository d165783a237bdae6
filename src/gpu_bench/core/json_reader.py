"""Typed access to the fields of a JSON object that someone else wrote."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import InputError

LARGEST = 2**63 - 1
# Characters of a value that a message quotes.
_MOST_QUOTED = 60


class Fields:
    """An object inside the file ``place``; ``path`` leads to it. Each method raises InputError."""

    def __init__(self, values: Mapping[str, Any], path: str, place: str) -> None:
        self.values = values
        self._path = path
        self._place = place

    def wrong(self, name: str, expected: str) -> InputError:
        """The error that the field is not as expected."""
        actual = "nothing"
        if name in self.values:
            actual = json.dumps(self.values[name])
            actual = f"{actual[:_MOST_QUOTED]}…" if len(actual) > _MOST_QUOTED else actual
        return InputError(
            f"`{self._path}{name}` must be {expected}, found {actual}",
            place=self._place,
            hint="the file is damaged or of another version: restore it, or measure again",
        )

    def _get(self, name: str, accept: Callable[[Any], bool], expected: str) -> Any:
        if name not in self.values or not accept(self.values[name]):
            raise self.wrong(name, expected)
        return self.values[name]

    def text(self, name: str) -> str:
        """A string."""
        return str(self._get(name, lambda value: isinstance(value, str), "a string"))

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of strings."""
        return tuple(self._get(name, lambda value: _list_of(value, _is_text), "a list of strings"))

    def choice(self, name: str, choices: Sequence[str]) -> str:
        """One of some strings."""
        return str(self._get(name, lambda value: value in choices, f"one of {', '.join(choices)}"))

    def flag(self, name: str) -> bool:
        """A truth value."""
        return bool(self._get(name, lambda value: isinstance(value, bool), "true or false"))

    def whole(self, name: str, *, least: int | None = None) -> int:
        """An integer of 64 bits, of at least ``least``."""
        expected = "an integer" if least is None else f"an integer of at least {least}"
        return int(self._get(name, lambda value: _is_whole(value, least), expected))

    def optional_whole(self, name: str, *, least: int) -> int | None:
        """As ``whole``; None if the field is null or missing."""
        return None if self.values.get(name) is None else self.whole(name, least=least)

    def optional_count(self, name: str) -> int:
        """An integer of at least 0; 0 where the field is missing."""
        return self.optional_whole(name, least=0) or 0

    def times(self, name: str, *, least: int) -> NDArray[np.float64]:
        """A list of integers."""
        expected = f"a list of integers of at least {least}"
        integers = self._get(
            name, lambda value: _list_of(value, lambda item: _is_whole(item, least)), expected
        )
        return np.array(integers, float)

    def number(self, name: str) -> float:
        """A finite number."""
        value: float = self._get(name, _is_number, "a number")
        return value

    def optional_number(self, name: str) -> float | None:
        """As ``number``; None if the field is null or missing."""
        return None if self.values.get(name) is None else self.number(name)

    def numbers(self, name: str) -> tuple[float, ...]:
        """A list of finite numbers."""
        return tuple(
            self._get(name, lambda value: _list_of(value, _is_number), "a list of numbers")
        )

    def rows(self, name: str, *, whole: bool = False) -> tuple[tuple[Any, ...], ...]:
        """A list of lists of numbers, or of integers."""
        kind = "integers" if whole else "numbers"
        accept = (lambda item: _is_whole(item, None)) if whole else _is_number
        lists = self._get(
            name,
            lambda value: _list_of(value, lambda row: _list_of(row, accept)),
            f"a list of lists of {kind}",
        )
        return tuple(map(tuple, lists))

    def object(self, name: str) -> Fields:
        """An object."""
        values = self._get(name, lambda value: isinstance(value, dict), "an object")
        return Fields(values, f"{self._path}{name}.", self._place)

    def optional_object(self, name: str) -> Fields | None:
        """An object, or None if the field is null."""
        if name in self.values and self.values[name] is None:
            return None
        return self.object(name)

    def objects(self, name: str) -> list[Fields]:
        """A list of objects."""
        items = self._get(
            name,
            lambda value: _list_of(value, lambda item: isinstance(item, dict)),
            "a list of objects",
        )
        return [
            Fields(values, f"{self._path}{name}[{number}].", self._place)
            for number, values in enumerate(items)
        ]


def _list_of(value: Any, accept: Callable[[Any], bool]) -> bool:
    return isinstance(value, list) and all(map(accept, value))


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_whole(value: Any, least: int | None) -> bool:
    # A truth value is an int for Python, but none in JSON.
    return type(value) is int and (-LARGEST if least is None else least) <= value <= LARGEST


def _is_number(value: Any) -> bool:
    if type(value) is int:
        return abs(value) <= LARGEST
    return type(value) is float and math.isfinite(value)
