"""Matching the words of two texts that a formatter or a renaming made of one another."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

_WORD = re.compile(r"\w+|[^\w\s]")
# What a formatter adds, drops or exchanges without changing what a text says.
_PUNCTUATION = frozenset("(),\"'\\;")


class Word(NamedTuple):
    """A run of word characters, or a single other character; ``line`` counts from 0."""

    text: str
    line: int

    @property
    def is_significant(self) -> bool:
        """Whether formatting leaves it alone."""
        return self.text not in _PUNCTUATION


def words(lines: Sequence[str], first_line: int = 0) -> list[Word]:
    """The words of some lines, strings and comments included."""
    return [
        Word(text, number)
        for number, line in enumerate(lines, first_line)
        for text in _WORD.findall(line)
    ]


def significant(line: str) -> tuple[str, ...]:
    """The words of a line that formatting leaves alone."""
    return tuple(text for text in _WORD.findall(line) if text not in _PUNCTUATION)


def align(old: Sequence[Word], new: Sequence[Word]) -> list[int | None]:
    """For each word of ``new`` the position of the same word in ``old``, or None.

    Matches never cross. The words that formatting leaves alone are matched first (by a shortest
    edit script), the punctuation between them afterwards.
    """
    result: list[int | None] = [None] * len(new)
    old_positions = [position for position, word in enumerate(old) if word.is_significant]
    new_positions = [position for position, word in enumerate(new) if word.is_significant]
    pairs = common(
        [old[position].text for position in old_positions],
        [new[position].text for position in new_positions],
    )
    anchors = [(old_positions[i], new_positions[j]) for i, j in pairs]
    for i, j in anchors:
        result[j] = i
    before = (-1, -1)
    for after in [*anchors, (len(old), len(new))]:
        begin, start = before[0] + 1, before[1] + 1
        if begin < after[0] and start < after[1]:
            gap = common(
                [word.text for word in old[begin : after[0]]],
                [word.text for word in new[start : after[1]]],
            )
            for i, j in gap:
                result[start + j] = begin + i
        before = after
    return result


def common(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """A longest common subsequence as pairs of positions, by Myers' greedy algorithm."""
    begin = 0
    while begin < min(len(old), len(new)) and old[begin] == new[begin]:
        begin += 1
    end = 0
    while end < min(len(old), len(new)) - begin and old[-1 - end] == new[-1 - end]:
        end += 1
    middle = _greedy(old[begin : len(old) - end], new[begin : len(new) - end])
    return [
        *((position, position) for position in range(begin)),
        *((begin + i, begin + j) for i, j in middle),
        *((len(old) - end + k, len(new) - end + k) for k in range(end)),
    ]


def _greedy(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    if not old or not new:
        return []
    size = len(old) + len(new)
    # The furthest position in `old` on each diagonal, as it was before each step.
    reach = [0] * (2 * size + 3)
    history: list[list[int]] = []
    for step in range(size + 1):
        history.append(reach[size - step : size + step + 3])
        for diagonal in range(-step, step + 1, 2):
            at = size + 1 + diagonal
            if diagonal == -step or (diagonal != step and reach[at - 1] < reach[at + 1]):
                i = reach[at + 1]
            else:
                i = reach[at - 1] + 1
            j = i - diagonal
            while i < len(old) and j < len(new) and old[i] == new[j]:
                i, j = i + 1, j + 1
            reach[at] = i
            if i >= len(old) and j >= len(new):
                return _path(history, len(old), len(new))
    raise AssertionError("an edit script is never longer than both texts")


def _path(history: list[list[int]], i: int, j: int) -> list[tuple[int, int]]:
    pairs = []
    for step in range(len(history) - 1, -1, -1):
        reach = history[step]
        diagonal = i - j
        at = step + 1 + diagonal
        if diagonal == -step or (diagonal != step and reach[at - 1] < reach[at + 1]):
            previous = diagonal + 1
        else:
            previous = diagonal - 1
        from_i = reach[step + 1 + previous] if step else 0
        from_j = from_i - previous if step else 0
        while i > from_i and j > from_j:
            i, j = i - 1, j - 1
            pairs.append((i, j))
        i, j = from_i, from_j
    pairs.reverse()
    return pairs
