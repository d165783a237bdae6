"""What a modular does not give back as it was, and why, in words."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

from modular_converter.diagnostics.record import ConversionError
from parent_finder.modularize.original import Original, Piece, pieces_of
from parent_finder.modularize.workbench import Workbench


@dataclass(frozen=True)
class Difference:
    """A top-level piece that is not as it was; ``line`` (from 1) is its place in the original.

    0 stands for a piece that the original does not have.
    """

    file: str
    line: int
    name: str
    what: str
    reason: str


_NOT_CARRIED = (
    "only classes, functions, imports and plain assignments to one name are carried over; write it "
    "as one of these"
)
_UNUSED = "no class of the file uses it, and only what a class uses is carried over"
_MOVED = "helpers are put before the first class that uses them"
_COLLECTED = "imports are collected from the modular and its parents, then sorted"
_LAID_OUT = (
    "the same names are laid out in other lines; take away the comma after the last name in the "
    "original and format it"
)
_BROUGHT = "a parent class that the modular inherits from uses it"


def differences(bench: Workbench, original: Original, got: str | None) -> list[Difference]:
    """The differences of an original from what came of it; none when both are equal."""
    file = f"{original.file_type}_{bench.location.model_name}.py"
    if got is None:
        return [Difference(file, 1, file, "is missing", "the modular has no class for this file")]
    if got == original.text:
        return []
    try:
        pieces = pieces_of(bench.index(got), original.file_type)
    except ConversionError as problem:
        return [Difference(file, 1, file, "is not valid Python", str(problem))]
    return [*_differing(original, pieces, file)] or [
        Difference(file, 1, "the head of the file", "differs", "the text before the first class")
    ]


def _differing(original: Original, pieces: tuple[Piece, ...], file: str) -> list[Difference]:
    theirs = {piece.name: piece for piece in pieces if piece.kind != "import"}
    mine = {piece.name: piece for piece in original.pieces if piece.kind != "import"}
    listed = []
    for unit, piece in zip(original.index.statements, original.pieces, strict=True):
        if piece.kind == "import":
            continue
        other = theirs.get(piece.name)
        line = unit.first + 1
        if other is None:
            reason = _NOT_CARRIED if piece.kind == "other" else _UNUSED
            listed.append(Difference(file, line, piece.name, "is missing", reason))
        elif other.text != piece.text:
            reason = "the version that a parent brings, or how it is laid out, differs"
            listed.append(Difference(file, line, piece.name, "differs", reason))
    listed += [
        Difference(file, 0, name, "is added", _BROUGHT) for name in theirs if name not in mine
    ]
    lines = {
        p.name: u.first + 1 for u, p in zip(original.index.statements, original.pieces, strict=True)
    }
    old = [name for name in mine if name in theirs]
    new = [name for name in theirs if name in mine]
    for tag, i1, i2, _, _ in difflib.SequenceMatcher(None, old, new, False).get_opcodes():
        if tag in ("delete", "replace"):
            listed += [
                Difference(file, lines[name], name, "has moved", _MOVED) for name in old[i1:i2]
            ]
    before = [piece.written for piece in original.pieces if piece.kind == "import"]
    after = [piece.written for piece in pieces if piece.kind == "import"]
    if before != after:
        joined = [
            "".join(text.replace(",", " ").split()) for text in ("".join(before), "".join(after))
        ]
        reason = (
            _LAID_OUT
            if len({re.sub(r"[()]", "", original) for original in joined}) == 1
            else _COLLECTED
        )
        listed.append(Difference(file, 1, "the imports", "differ", reason))
    return listed


def unified_diff(file: str, wanted: str, got: str) -> str:
    """The difference of two texts of a file."""
    return "".join(
        difflib.unified_diff(
            wanted.splitlines(keepends=True),
            got.splitlines(keepends=True),
            f"{file} (original, formatted)",
            f"{file} (converted from the modular)",
        )
    )
