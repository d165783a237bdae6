"""Warnings about renaming that changes too much or too little of an inherited text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from modular_converter.diagnostics import Diagnostic
from modular_converter.evidence import Evidence, UsedParent
from modular_converter.lexing import CODE, tokens
from modular_converter.nodes import Fragment, Node
from modular_converter.renaming import Renamer
from modular_converter.source import Source

_ADDRESS = re.compile(r"""https?://[^\s"'`<>()\[\]{}]+|(?<=["'`])[\w.-]+/[\w.-]+(?=["'`])""")
_SHOWN = 3


def rename_warnings(evidence: Evidence) -> Iterator[Diagnostic]:
    """Findings about the renaming of each parent, at the import that names it."""
    pieces: dict[str, list[tuple[Node, Fragment]]] = {}
    for node, fragment in evidence.inherited():
        pieces.setdefault(fragment.origin.path, []).append((node, fragment))
    for parent in evidence.parents:
        found = pieces.get(parent.index.source.label, [])
        yield from _changed(evidence, parent, found, "rename-in-word")
        yield from _changed(evidence, parent, found, "rename-in-url")
        yield from _still_named(evidence, parent, found)


def _changed(
    evidence: Evidence, parent: UsedParent, pieces: list[tuple[Node, Fragment]], code: str
) -> Iterator[Diagnostic]:
    """Words or addresses of the parent that come out changed."""
    source, renamer = parent.index.source, parent.renamer
    if code == "rename-in-word":
        hits = _longer_words(source, renamer.old_name, renamer.cased_old)
    else:
        hits = _addresses(source, renamer.old_name)
    for old, lines in hits.items():
        new = renamer.word(old)
        if new == old:
            continue
        reached = [
            line
            for line in lines
            if any(
                start <= line < start + fragment.text.count("\n") and new in fragment.text
                for _, fragment in pieces
                if (start := fragment.origin.line) <= line
            )
        ]
        if reached:
            what = "the word" if code == "rename-in-word" else "the address"
            yield evidence.index.source.diagnostic(
                code,
                f"renaming {renamer.cased_old} to {renamer.cased_new} changes {what} `{old}` "
                f"to `{new}` ({_places(source.label, reached)})",
                parent.imported.node,
                hint="override the part of the parent that contains it",
                severity="warning",
            )


def _places(label: str, lines: list[int]) -> str:
    shown = ", ".join(f"{label}:{line}" if not i else str(line) for i, line in enumerate(lines[:_SHOWN]))
    return shown + (f" and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else "")


@lru_cache(maxsize=1024)
def _longer_words(source: Source, old: str, cased: str) -> dict[str, list[int]]:
    """The words of a file that begin with the model's name and go on, with their lines."""
    forms = "|".join(sorted(map(re.escape, {old, cased}), key=len, reverse=True))
    upper = "" if cased == old.upper() else f"|{re.escape(old.upper())}(?!S?(?![A-Z]))[A-Z]+(?![a-z])"
    pattern = re.compile(
        rf"(?<![A-Za-z0-9])(?:(?:{forms})(?!s?(?![a-z]))[a-z]+{upper})\w*"
    )
    return _found(source, pattern)


@lru_cache(maxsize=1024)
def _addresses(source: Source, old: str) -> dict[str, list[int]]:
    """The URLs and repository names of a file in which the model's name occurs."""
    return {
        address.rstrip(".,;:"): lines
        for address, lines in _found(source, _ADDRESS).items()
        if old in address.lower()
    }


def _found(source: Source, pattern: re.Pattern[str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    line = position = 0
    text = source.text
    for match in pattern.finditer(text):
        line += text.count("\n", position, match.start())
        position = match.start()
        found.setdefault(match.group(), []).append(source.first_line + line + 1)
    return found


def _still_named(
    evidence: Evidence, parent: UsedParent, pieces: list[tuple[Node, Fragment]]
) -> Iterator[Diagnostic]:
    renamer = parent.renamer
    pattern = _any_spelling(renamer)
    seen: set[tuple[str, str]] = set()
    classes = evidence.index.classes
    for node, fragment in pieces:
        lowered = fragment.text.lower()
        if pattern.search(lowered) is None:
            continue
        for start, spelling in _spoken(fragment.text, lowered, pattern, renamer):
            if (node.name, spelling) in seen:
                continue
            seen.add((node.name, spelling))
            line = fragment.origin.line + fragment.text.count("\n", 0, start)
            item = classes.get(node.name)
            yield evidence.index.source.diagnostic(
                "parent-still-named",
                f"text that `{node.name}` inherits still speaks of `{spelling}` "
                f"({parent.index.source.label}:{line})",
                item.unit.node if item is not None else parent.imported.node,
                hint="override the docstring, comment or string that contains it",
                severity="warning",
            )


@lru_cache(maxsize=1024)
def _spelling_pattern(old: str, new: str) -> re.Pattern[str]:
    def form(name: str) -> str:
        return "[-_ ]?".join(map(re.escape, name.lower().replace("-", "_").split("_")))

    return re.compile(rf"(?<![a-z0-9])(?!{form(new)}){form(old)}(?![a-z0-9])")


def _any_spelling(renamer: Renamer) -> re.Pattern[str]:
    """The old name in any spelling where the new name does not begin; for lower-case text."""
    return _spelling_pattern(renamer.old_name, renamer.new_name)


def _spoken(
    text: str, lowered: str, pattern: re.Pattern[str], renamer: Renamer
) -> Iterator[tuple[int, str]]:
    """Where the old name is left in strings, comments and f-strings, with its spelling."""
    if len(lowered) != len(text):
        return
    for kind, start, end in tokens(text):
        if kind is CODE:
            continue
        for match in pattern.finditer(lowered, start, end):
            yield match.start(), text[match.start() : match.end()]
