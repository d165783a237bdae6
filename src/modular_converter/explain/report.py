"""Explanations as text for people and as JSON."""

from __future__ import annotations

import os
from collections.abc import Sequence

from modular_converter.explain.explanation import (
    AppliedRename,
    Explanation,
    ItemExplanation,
    Kind,
    Part,
    SourceLine,
)
from modular_converter.explain.generated_file import GeneratedFile

SCHEMA = 1


_FROM = {"copied": "from", "adapted": "made from", "import": "imported in"}


def line_text(explained: Explanation, file: GeneratedFile, installed: Sequence[str]) -> str:
    """The answer about one line, for people; nothing in ``installed`` directories is edited."""
    within = f" in {explained.item}" if explained.item else ""
    lines = [f"{explained.path}:{explained.line}{within}", f"    {explained.text.strip()}"]
    lines += _sources(explained)
    lines += _advice(explained, file, installed)
    return "\n".join(lines)


def _sources(explained: Explanation) -> list[str]:
    """The main source through all generations, the others in a line each."""
    lines = []
    if explained.sources:
        main, *others = explained.sources
        lines += _main_source(main, explained.kind)
        lines += [f"also {_FROM.get(explained.kind, 'from')} {_place(source)}" for source in others]
    if explained.note:
        lines.append(f"note: {explained.note}")
    return lines


def _main_source(source: SourceLine, kind: Kind) -> list[str]:
    lines = [f"{_FROM.get(kind, 'from')} {_place(source)}"]
    if source.text.strip():
        lines.append(f"    {source.text.strip()}")
    if source.words:
        changed = ", ".join(f"{old} -> {new}" for old, new in source.words)
        lines.append(f"    renamed on this line: {changed}")
    if source.renames:
        lines.append(f"    renames: {renames_text(source.renames)}")
    if source.note:
        lines.append(f"    note: {source.note}")
    if source.generated_from is not None:
        lines.append("which is generated itself,")
        lines += _sources(source.generated_from)
    return lines


def _place(source: SourceLine) -> str:
    within = f" in {source.item}" if source.item else ""
    names = f": {', '.join(source.names)}" if source.names else ""
    return f"{source.path}:{source.line}{within}{names}"


def _advice(explained: Explanation, file: GeneratedFile, installed: Sequence[str]) -> list[str]:
    """Where to make a change: in the file written by hand, or only for this model."""
    if not explained.sources or explained.kind == "blank":
        return []
    first = explained.sources[0]
    root = first.root()
    modular = file.sources.label(file.conversion.location.path)
    place = f"{root.path}:{root.line}"
    is_inherited = first.path != modular and bool(explained.item)
    if not _is_below(root.path, installed):
        override = f", or override {explained.item} in {modular}" if is_inherited else ""
        return [f"edit {place}{override}"]
    if is_inherited and not _is_below(modular, installed):
        return [f"override {explained.item} in {modular}: {root.path} is part of a library"]
    return [f"written by hand in {place}, which is part of a library"]


def _is_below(path: str, directories: Sequence[str]) -> bool:
    absolute = os.path.abspath(path)
    return any(absolute.startswith(os.path.join(directory, "")) for directory in directories)


def renames_text(renames: tuple[AppliedRename, ...]) -> str:
    """Renames in one line."""
    return ", ".join(
        f"{rename.old} -> {rename.new}"
        + ("" if rename.scope == "everything" else f" ({rename.scope})")
        for rename in renames
    )


def item_text(explained: ItemExplanation, file: GeneratedFile, installed: Sequence[str]) -> str:
    """The answer about a class, function or method, for people."""
    lines = [f"{explained.path}:{explained.first}-{explained.last} {explained.name}"]
    if explained.renames:
        lines.append(f"renames: {renames_text(explained.renames)}")
    width = max((len(_range(part.first, part.last)) for part in explained.parts), default=0)
    lines += [
        f"  {_range(part.first, part.last):<{width}}  {_part_text(part)}"
        for part in explained.parts
    ]
    return "\n".join([*lines, *_advice(explained.definition, file, installed)])


def _range(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"


def _part_text(part: Part) -> str:
    if part.source is None or part.last_source is None:
        return "written by the converter"
    made = " (adapted)" if part.kind == "adapted" else ""
    ranges = [
        f"{first.path}:{_range(first.line, max(first.line, last.line))}"
        for first, last in zip(part.source.chain(), part.last_source.chain(), strict=True)
    ]
    within = f" {part.source.item}" if part.source.item else ""
    return f"{ranges[0]}{within}{made}{''.join(f' <- {source}' for source in ranges[1:])}"


def line_as_json(explained: Explanation, file: GeneratedFile) -> dict[str, object]:
    """The answer about one line, with the state of the file."""
    return {"schema": SCHEMA, "stale": file.is_stale, "line": _explanation(explained)}


def item_as_json(explained: ItemExplanation, file: GeneratedFile) -> dict[str, object]:
    """The answer about a class, function or method, with the state of the file."""
    return {
        "schema": SCHEMA,
        "stale": file.is_stale,
        "item": {
            "name": explained.name,
            "path": explained.path,
            "first": explained.first,
            "last": explained.last,
            "definition": _explanation(explained.definition),
            "renames": _renames(explained.renames),
            "parts": [
                {
                    "first": part.first,
                    "last": part.last,
                    "kind": part.kind,
                    "source": _source(part.source) if part.source else None,
                    "last_source_line": part.last_source.line if part.last_source else 0,
                }
                for part in explained.parts
            ],
        },
    }


def _explanation(explained: Explanation) -> dict[str, object]:
    return {
        "path": explained.path,
        "line": explained.line,
        "text": explained.text,
        "item": explained.item,
        "kind": explained.kind,
        "note": explained.note,
        "generations": explained.generations,
        "sources": [_source(source) for source in explained.sources],
    }


def _source(source: SourceLine) -> dict[str, object]:
    further = source.generated_from
    return {
        "path": source.path,
        "line": source.line,
        "text": source.text,
        "item": source.item,
        "renames": _renames(source.renames),
        "words": [{"old": old, "new": new} for old, new in source.words],
        "names": list(source.names),
        "generated_from": _explanation(further) if further is not None else None,
        "note": source.note,
    }


def _renames(renames: tuple[AppliedRename, ...]) -> list[dict[str, str]]:
    return [{"old": rename.old, "new": rename.new, "scope": rename.scope} for rename in renames]
