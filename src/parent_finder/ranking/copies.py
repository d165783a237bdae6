"""Classes of standalone files that are copies of a class in the library."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from parent_finder.corpus.source_file import SourceFile, checked_text, generated_from, read
from parent_finder.ranking import comparison, unit_candidates
from parent_finder.ranking.reference_library import ReferenceLibrary
from toolkit.errors import InputError

SCHEMA = 1

# A shorter class says more by being written than by being inherited.
_LEAST_LINES = 5


@dataclass(frozen=True)
class Copy:
    """A class and the one to inherit it from; ``equal`` is how many classes have this code."""

    name: str
    line: int
    lines: int
    model: str
    parent: str
    parent_path: str
    parent_line: int
    equal: int


@dataclass(frozen=True)
class FileCopies:
    """The copies in a file; ``generated_from`` names the modular of one that was passed over."""

    path: str
    generated_from: str
    copies: tuple[Copy, ...]


def copies_in(library: ReferenceLibrary, content: bytes, path: str) -> FileCopies:
    """The classes of a file that are written like one of another model.

    Raises InputError for a file that is not Python source.
    """
    try:
        checked_text(content, path)
    except InputError:
        origin = generated_from(content.decode("utf-8", errors="replace"))
        if not origin:
            raise
        return FileCopies(path, origin, ())
    return FileCopies(path, "", tuple(_copies(library, read(content, path))))


def _copies(library: ReferenceLibrary, source: SourceFile) -> list[Copy]:
    situation = library.situation_of(source.model)
    table, owner = library.index.tables["class"], library.by_model["class"].owner
    even = np.zeros(len(library.models))
    rows = {int(digest): row for row, digest in enumerate(table.digests.tolist())}
    found_copies = []
    query = comparison.queries_of(source)["class"]
    for unit, features in zip(query.units, query.features, strict=True):
        row = rows.get(features.digest)
        if row is None or unit.lines < _LEAST_LINES:
            continue
        same = np.flatnonzero((table.rows == row) & situation.allowed[owner]).tolist()
        if same:
            first = unit_candidates.root_first(library, "class", same, even)[0]
            parent = table.units[first]
            found_copies.append(
                Copy(
                    name=unit.name,
                    line=unit.first_line,
                    lines=unit.lines,
                    model=library.index.models[table.files[first]],
                    parent=parent.name,
                    parent_path=library.index.paths[table.files[first]],
                    parent_line=parent.first_line,
                    equal=len(same),
                )
            )
    return found_copies


def as_json(files: list[FileCopies]) -> dict[str, Any]:
    """The form that `schemas/copies.schema.json` describes."""
    return {
        "schema": SCHEMA,
        "files": [{**vars(file), "copies": [vars(copy) for copy in file.copies]} for file in files],
    }


def as_text(files: list[FileCopies]) -> str:
    """One line for each copy, as compilers report."""
    lines = []
    for file in files:
        for copy in file.copies:
            others = f", as {copy.equal - 1} more do" if copy.equal > 1 else ""
            lines.append(
                f"{file.path}:{copy.line}: hint[copied-class]: {copy.name} ({copy.lines} lines) is "
                f"written like {copy.parent} of {copy.model}{others} "
                f"({copy.parent_path}:{copy.parent_line})"
            )
    count = sum(len(file.copies) for file in files)
    if count:
        lines.append("hint: inherit these in a modular file; `modularize` writes it")
    return "".join(f"{line}\n" for line in lines)
