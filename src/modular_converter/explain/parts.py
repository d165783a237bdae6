"""Explaining classes, functions and methods: runs of lines from the same place."""

from __future__ import annotations

from dataclasses import replace

from modular_converter.diagnostics.record import error
from modular_converter.explain.explainer import Explainer
from modular_converter.explain.explanation import (
    AppliedRename,
    Explanation,
    ItemExplanation,
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
        near = [item for item in items if item.rpartition(".")[2].lower() == last]
        known = ", ".join(near) if near else ", ".join(item for item in items if "." not in item)
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
    """Adds a line to the last part that it continues, or as a part; blank lines always continue."""
    source = explained.sources[0] if explained.sources else None
    last = source and max(
        (candidate for candidate in explained.sources if candidate.path == source.path),
        key=lambda candidate: candidate.line,
    )
    previous = parts[-1] if parts else None
    if previous is None:
        parts.append(Part(number, number, number, explained.kind, source, last))
    elif explained.kind == "blank":
        parts[-1] = replace(previous, last=number)
    elif previous.kind == explained.kind and _continues(
        previous.last_source, source, number - previous.last_filled
    ):
        parts[-1] = replace(previous, last=number, last_filled=number, last_source=last)
    else:
        parts.append(Part(number, number, number, explained.kind, source, last))


def _continues(before: SourceLine | None, source: SourceLine | None, distance: int) -> bool:
    """Whether a line, ``distance`` lines on, goes on where another left off, in all generations."""
    if before is None or source is None:
        return before is source
    olds, news = before.chain(), source.chain()
    return len(olds) == len(news) and all(
        old.path == new.path
        and old.renames == new.renames
        and old.item == new.item
        and 0 <= new.line - old.line <= distance
        for old, new in zip(olds, news, strict=True)
    )
