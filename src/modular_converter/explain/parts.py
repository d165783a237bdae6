"""Explaining classes, functions and methods: runs of lines from the same place."""

from __future__ import annotations

from modular_converter.diagnostics import error
from modular_converter.explain.explainer import Explainer
from modular_converter.explain.explanation import (
    AppliedRename,
    Explanation,
    ItemExplanation,
    Kind,
    Part,
    SourceLine,
)
from modular_converter.explain.generated_file import GeneratedFile
from modular_converter.explain.items import named_items


def explain_item(explainer: Explainer, file: GeneratedFile, name: str) -> ItemExplanation:
    """Where a class, function or method of the fresh text comes from, by dotted name.

    Raises ConversionError when there is none of that name.
    """
    items = named_items(file.tree)
    if name not in items:
        last = name.rpartition(".")[2].lower()
        near = [each for each in items if each.rpartition(".")[2].lower() == last]
        known = ", ".join(near) if near else ", ".join(each for each in items if "." not in each)
        raise error(
            "no-such-item",
            file.label,
            f"the file defines no class or function `{name}`",
            hint=f"it defines {known}",
        )
    first, definition, last_line = items[name]
    parts: list[Part] = []
    renames: dict[AppliedRename, None] = {}
    for number in range(first, last_line + 1):
        explained = explainer.line(file, number)
        for source in explained.sources:
            renames.update(dict.fromkeys(source.renames))
        _extend(parts, number, explained)
    return ItemExplanation(
        name=name,
        path=file.label,
        first=first,
        last=last_line,
        definition=explainer.line(file, definition),
        renames=tuple(renames),
        parts=tuple(parts),
    )


def _extend(parts: list[Part], number: int, explained: Explanation) -> None:
    """Adds a line to the parts of an item; a blank line goes with the line above it."""
    source = explained.sources[0] if explained.sources else None
    previous = parts[-1] if parts else None
    if previous is not None and explained.kind == "blank" and source is None:
        parts[-1] = Part(
            previous.first, number, previous.kind, previous.source, previous.last_source_line
        )
        return
    if previous is not None and _same_kind(previous.kind, explained.kind):
        before = previous.source
        if source is None and before is None:
            parts[-1] = Part(previous.first, number, previous.kind, None, 0)
            return
        if source is not None and before is not None and _follows(before, previous, source):
            parts[-1] = Part(
                previous.first,
                number,
                previous.kind,
                before,
                max(source.line, previous.last_source_line),
            )
            return
    last_source_line = max(
        (s.line for s in explained.sources if source and s.path == source.path), default=0
    )
    parts.append(Part(number, number, explained.kind, source, last_source_line))


def _same_kind(one: Kind, other: Kind) -> bool:
    return one == other or "blank" in (one, other)


def _follows(before: SourceLine, part: Part, source: SourceLine) -> bool:
    return (
        source.path == before.path
        and source.renames == before.renames
        and part.last_source_line <= source.line <= part.last_source_line + 1
    )
