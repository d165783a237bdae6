"""From the words of an unformatted output to the lines of modular and parent files."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from modular_converter.explain.alignment import Word, align, words
from modular_converter.explain.items import items_by_line
from modular_converter.merge.nodes import Fragment, Node, Origin
from modular_converter.names.renamer import Renamer
from modular_converter.syntax.source import Source
from modular_converter.syntax.statements import first_line, statements_within

# The line that names a definition is the modular's, even where the parent's reads the same.
_DEFINITION = re.compile(r"\s*(?:class|def|async)\s")
_BRACKETS = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}


@dataclass(frozen=True)
class Trail:
    """Where a word was copied from: a line (from 1) of a file, and what it was renamed with.

    ``is_copy`` is False for a word that the conversion itself wrote in the place of that line.
    """

    path: str
    line: int
    renamers: tuple[Renamer, ...] = ()
    is_copy: bool = True


# What the notice at the top of every generated file leads to.
BANNER = Trail("", 0, is_copy=False)


@dataclass(frozen=True)
class Written:
    """A word of the unformatted output; ``node`` is None in the banner and the header."""

    word: Word
    trail: Trail
    node: Node | None


@dataclass(frozen=True)
class LineTrail:
    """Where the words of a formatted line come from, each place once, in order.

    ``is_copy`` says that all of them are from one file, none from the converter or the formatter.
    """

    trails: tuple[Trail, ...]
    is_copy: bool
    node: Node | None


def line_trail(line: Sequence[Written | None]) -> LineTrail:
    """Sums up the words of a line; those without counterpart are None."""
    known = [written for written in line if written is not None]
    is_copy = len(known) == len(line) and all(written.trail.is_copy for written in known)
    copied = [written.trail for written in known if written.trail.is_copy]
    trails = tuple(dict.fromkeys(copied or [known[0].trail]))
    is_copy = is_copy and len({trail.path for trail in trails}) == 1
    return LineTrail(trails, is_copy, known[0].node)


@dataclass(frozen=True)
class SourceText:
    """The lines of one source file, also as they are after renaming."""

    source: Source

    @cached_property
    def items(self) -> dict[int, str]:
        """The definition that holds each line (from 1)."""
        return items_by_line(self.source.tree)

    def line(self, number: int) -> str:
        """The line with this number (from 1)."""
        return self.source.line_text(number)

    def renamed(self, first: int, last: int, renamers: Sequence[Renamer]) -> list[str]:
        """Lines ``first`` to ``last`` (from 0) after renaming, which keeps the number of lines."""
        lines = self.source.lines[first : last + 1]
        text = rename("\n".join(lines), renamers)
        renamed = text.split("\n")
        if len(renamed) == len(lines):
            return renamed
        return [rename(line, renamers).replace("\n", " ") for line in lines]

    def renamed_line(self, number: int, renamers: tuple[Renamer, ...]) -> str:
        """The line with this number (from 1) after renaming, in the context of its definition."""
        first, last = self._spans.get(number, (number, number))
        key = (first, renamers)
        if key not in self._renamed:
            self._renamed[key] = self.renamed(first - 1, last - 1, renamers)
        return self._renamed[key][number - first]

    @cached_property
    def _renamed(self) -> dict[tuple[int, tuple[Renamer, ...]], list[str]]:
        return {}

    @cached_property
    def _spans(self) -> dict[int, tuple[int, int]]:
        """The lines of the top-level statement that holds each line."""
        spans = {}
        for node in self.source.tree.body:
            span = (first_line(node) + 1, node.end_lineno or node.lineno)
            spans.update(dict.fromkeys(range(span[0], span[1] + 1), span))
        return spans

    @cached_property
    def _strings(self) -> dict[int, int]:
        """The first and last lines (from 0) of statements that are strings, such as docstrings."""
        return {
            node.lineno - 1: node.end_lineno - 1
            for node in statements_within(self.source.tree.body)
            if isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
            and node.end_lineno is not None
        }

    def end_of_header(self, first: int) -> int:
        """The last line (from 0) of the string or header that begins on line ``first``."""
        if first in self._strings:
            return self._strings[first]
        depth = 0
        for number in range(first, len(self.source.lines)):
            line = self.source.lines[number].partition("#")[0]
            depth += sum(_BRACKETS.get(character, 0) for character in line)
            if depth <= 0 and not line.rstrip().endswith("\\"):
                return number
        return len(self.source.lines) - 1


def rename(text: str, renamers: Sequence[Renamer]) -> str:
    """A text after the renames of its class: of everything, then of strings and comments."""
    for position, renamer in enumerate(renamers):
        text = renamer.text_only(text) if position else renamer.code(text)
    return text


class Tracer:
    """Follows the words of nodes to source lines. ``texts`` are the source files by label."""

    def __init__(self, texts: Mapping[str, SourceText]) -> None:
        self.texts = texts

    def nodes(self, nodes: Sequence[Node]) -> list[Written]:
        """Every word of some nodes, in order."""
        return [
            written
            for node in nodes
            for fragment in node.fragments
            for written in self._fragment(fragment, node)
        ]

    def _fragment(self, fragment: Fragment, node: Node) -> list[Written]:
        lines = fragment.text.split("\n")[:-1]
        origin = fragment.origin
        first = origin.line - 1
        text = self.texts[origin.path]
        copied = text.renamed(first, first + len(lines) - 1, origin.renames)
        searched = words(lines)
        if [line.strip() for line in copied] == [line.strip() for line in lines]:
            return [
                Written(word, Trail(origin.path, origin.line + word.line, origin.renames), node)
                for word in searched
            ]
        whole = self._whole_lines(lines, fragment) if fragment.second is not None else {}
        trails: list[Trail | None] = [whole.get(word.line) for word in searched]
        for place in (origin, fragment.second):
            if place is not None:
                is_header = fragment.second is not None
                self._search(searched, trails, place, 0 if is_header else len(lines))
        result = []
        latest = Trail(origin.path, origin.line, origin.renames)
        for word, trail in zip(searched, trails, strict=True):
            if trail is None:
                trail = Trail(latest.path, latest.line, latest.renamers, is_copy=False)
            else:
                latest = trail
            result.append(Written(word, trail, node))
        return result

    def _whole_lines(self, lines: Sequence[str], fragment: Fragment) -> dict[int, Trail]:
        """The lines of a header that are lines of the modular's or the parent's header as such."""
        known: dict[str, Trail] = {}
        for origin in (fragment.origin, fragment.second):
            if origin is not None:
                text = self.texts[origin.path]
                last = text.end_of_header(origin.line - 1)
                renamed = text.renamed(origin.line - 1, last, origin.renames)
                for line, copied in enumerate(renamed, origin.line):
                    known.setdefault(copied.strip(), Trail(origin.path, line, origin.renames))
        return {
            number: known[line.strip()]
            for number, line in enumerate(lines)
            if line.strip() in known and not _DEFINITION.match(line)
        }

    def _search(
        self, searched: list[Word], trails: list[Trail | None], origin: Origin, size: int
    ) -> None:
        """Fills in the trails of words that are in the statement at ``origin``."""
        text = self.texts[origin.path]
        first = origin.line - 1
        start = first
        while start < len(text.source.lines) - 1 and _is_lead(text.source.lines[start]):
            start += 1
        last = max(text.end_of_header(start), first + size - 1)
        candidates = words(text.renamed(first, last, origin.renames), origin.line)
        open_positions = [position for position, trail in enumerate(trails) if trail is None]
        matches = align(candidates, [searched[position] for position in open_positions])
        for position, match in zip(open_positions, matches, strict=True):
            if match is not None:
                trails[position] = Trail(origin.path, candidates[match].line, origin.renames)


def _is_lead(line: str) -> bool:
    stripped = line.strip()
    return not stripped or stripped.startswith("#")
