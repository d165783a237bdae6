"""Warnings about renaming that changes too much or too little of an inherited text."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from weakref import WeakKeyDictionary

from modular_converter.diagnostics.record import Change, Diagnostic
from modular_converter.lint.facts import ConversionFacts, UsedParent
from modular_converter.merge.nodes import Fragment, Node
from modular_converter.names.renamer import Renamer
from modular_converter.parents.protected_words import GENERATED
from modular_converter.syntax.source import Source
from modular_converter.syntax.tokens import CODE, FORMAT_TEXT, tokens

_ADDRESS = re.compile(r"""https?://[^\s"'`<>()\[\]{}]+|(?<=["'`])[\w.-]+/[\w.-]+(?=["'`])""")
_PARTS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+|[^\W_]")
# What makes a longer word of a name, and not its plural.
_LOWER_ENDING = re.compile(r"(?!s?(?![a-z]))[a-z]+\w*")
_UPPER_ENDING = re.compile(r"(?!S?(?![A-Z]))[A-Z]+(?![a-z])\w*")
_SHOWN = 3


def rename_warnings(facts: ConversionFacts) -> Iterator[Diagnostic]:
    """Findings about the renaming of each parent, at the import that names it."""
    pieces: dict[str, list[tuple[Node, Fragment]]] = {}
    for node, fragment in facts.inherited():
        pieces.setdefault(fragment.origin.path, []).append((node, fragment))
    for parent in facts.parents:
        inherited = pieces.get(parent.index.source.label, [])
        yield from _changed(facts, parent, inherited, "rename-in-word")
        yield from _changed(facts, parent, inherited, "rename-in-url")
        yield from _still_named(facts, parent, inherited)


def _changed(
    facts: ConversionFacts, parent: UsedParent, pieces: list[tuple[Node, Fragment]], code: str
) -> Iterator[Diagnostic]:
    """Words or addresses of the parent that come out changed, all in one finding."""
    source, renamer = parent.index.source, parent.renamer
    if code == "rename-in-word":
        what, hits = "a word", _longer_words(source, renamer)
    else:
        what, hits = "an address", _addresses(source, renamer)
    changes = []
    for old, lines in hits.items():
        new = renamer.word(old)
        reached = [line for line in lines if new != old and _is_written(new, line, pieces)]
        if reached:
            changes.append(Change(old, new, source.label, _places(source.label, reached)))
    if not changes:
        return
    finding = facts.index.source.diagnostic(
        code,
        f"renaming {renamer.cased_old} to {renamer.cased_new} changes {what}: ",
        parent.imported.node,
        hint="override the part of the parent that contains it",
        severity="warning",
    )
    yield _listing(finding, finding.message, changes)


def _listing(finding: Diagnostic, beginning: str, changes: Sequence[Change]) -> Diagnostic:
    """The finding with these changes, of which its message lists a few."""
    listed = [
        f"`{change.old}` becomes `{change.new}` ({change.place})" for change in changes[:_SHOWN]
    ]
    more = f"; so do {len(changes) - _SHOWN} more" if len(changes) > _SHOWN else ""
    message = f"{beginning}{', '.join(listed)}{more}"
    return replace(finding, message=message, changes=tuple(changes))


def without_inherited(
    findings: Iterable[Diagnostic], renamed: Mapping[str, Collection[str]]
) -> Iterator[Diagnostic]:
    """The findings without what the conversion of a parent has made up, and reported.

    It can be fixed there, and is then gone from all children.

    :param renamed: by the name of a generated parent file: what renaming made when it was written.
    """
    for finding in findings:
        own = [
            change for change in finding.changes if change.old not in renamed.get(change.path, ())
        ]
        if len(own) == len(finding.changes):
            yield finding
        elif own:
            beginning, colon, _ = finding.message.partition(": ")
            yield _listing(finding, beginning + colon, own)


def _is_written(text: str, line: int, pieces: list[tuple[Node, Fragment]]) -> bool:
    """Whether a piece that stems from a line of the parent contains a text."""
    return any(
        fragment.origin.line <= line < fragment.origin.line + fragment.text.count("\n")
        and text in fragment.text
        for _, fragment in pieces
    )


def _places(label: str, lines: list[int]) -> str:
    listed = ", ".join(
        f"{label}:{line}" if not i else str(line) for i, line in enumerate(lines[:_SHOWN])
    )
    return listed + (f" and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else "")


def _longer_words(source: Source, renamer: Renamer) -> dict[str, list[int]]:
    """The words of a file that begin with the model's name and go on, with their lines."""
    known = _hits_in(source).longer_words
    name = renamer.old_name, renamer.cased_old
    if name not in known:
        known[name] = _read_longer_words(source, *name)
    return known[name]


def _read_longer_words(source: Source, old: str, cased: str) -> dict[str, list[int]]:
    endings = dict.fromkeys((old, cased), _LOWER_ENDING)
    endings.setdefault(old.upper(), _UPPER_ENDING)
    words: dict[str, list[int]] = {}
    text = source.text
    for form, ending in endings.items():
        line, counted = source.first_line + 1, 0
        start = text.find(form)
        while start >= 0:
            after = start + len(form)
            match = ending.match(text, after)
            if match is not None and not _is_alphanumeric(text[start - 1 : start]):
                after = match.end()
                line += text.count("\n", counted, start)
                counted = start
                words.setdefault(text[start:after], []).append(line)
            start = text.find(form, after)
    return words


def _is_alphanumeric(character: str) -> bool:
    return character.isascii() and character.isalnum()


@dataclass(frozen=True, eq=False)
class _Hits:
    """What is found in a file, which most children of a parent look for."""

    addresses: dict[str, list[int]]
    longer_words: dict[tuple[str, str], dict[str, list[int]]] = field(default_factory=dict)


# By file, for as long as that is in use.
_HITS: WeakKeyDictionary[Source, _Hits] = WeakKeyDictionary()


def _hits_in(source: Source) -> _Hits:
    known = _HITS.get(source)
    if known is None:
        known = _HITS[source] = _Hits(_read_addresses(source))
    return known


def _read_addresses(source: Source) -> dict[str, list[int]]:
    addresses: dict[str, list[int]] = {}
    for number, line in enumerate(source.lines, source.first_line + 1):
        if "/" in line:
            for match in _ADDRESS.finditer(line):
                addresses.setdefault(match.group().rstrip(".,;:"), []).append(number)
    return addresses


def _addresses(source: Source, renamer: Renamer) -> dict[str, list[int]]:
    """The URLs and repository names of a file in which the model's name occurs.

    Left out are those whose owner is renamed too in a file that is itself generated: that file's
    own conversion made them up, and reported it.
    """
    is_generated = GENERATED in source.text[:2000]
    addresses = {}
    for address, lines in _hits_in(source).addresses.items():
        owner, _, _ = address.partition("/")
        if renamer.touches(address) and not (is_generated and renamer.touches(owner)):
            addresses[address] = lines
    return addresses


def _still_named(
    facts: ConversionFacts, parent: UsedParent, pieces: list[tuple[Node, Fragment]]
) -> Iterator[Diagnostic]:
    """The parent's name in inherited text, in spellings that renaming leaves alone."""
    seen: set[tuple[str, str]] = set()
    beginning = _PARTS.findall(parent.renamer.old_name)[0].lower()
    for node, fragment in pieces:
        renames = fragment.origin.renames
        lowered = fragment.text.lower()
        if beginning not in lowered:
            continue
        new_names = tuple(rename.description[1] for rename in renames)
        pattern = _spellings(parent.renamer.old_name, new_names)
        if not any(match[1] for match in pattern.finditer(lowered)):
            continue
        for start, spelling in _spoken(fragment.text, lowered, pattern, parent.renamer):
            if (node.name, spelling) in seen:
                continue
            seen.add((node.name, spelling))
            line = fragment.origin.line + fragment.text.count("\n", 0, start)
            item = facts.index.classes.get(node.name)
            yield facts.index.source.diagnostic(
                "parent-still-named",
                f"text that `{node.name}` inherits still speaks of `{spelling}` "
                f"({parent.index.source.label}:{line})",
                item.statement.node if item is not None else parent.imported.node,
                hint="override the docstring, comment or string that contains it",
                severity="warning",
            )


@lru_cache(maxsize=4096)
def _spellings(old: str, new: tuple[str, ...]) -> re.Pattern[str]:
    """Finds new names, and the old name (group 1) in any spelling, in lower-case text."""
    consumed = "|".join(sorted(map(_loose, new), key=len, reverse=True))
    return re.compile(rf"(?<![a-z0-9])(?:{consumed}|({_loose(old)}))(?![a-z0-9])")


def _loose(name: str) -> str:
    parts = _PARTS.findall(name.replace("-", "_"))
    return "[-_ ]?".join(re.escape(part.lower()) for part in parts)


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
            spelling = text[match.start() : match.end()]
            is_protected = kind is not FORMAT_TEXT and renamer.touches(spelling)
            if match[1] and not is_protected:
                yield match.start(), spelling
