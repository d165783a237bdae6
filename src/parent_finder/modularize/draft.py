"""A modular file that is being written: what becomes of each piece of the originals."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from modular_converter.emit.sorted_imports import LINE_LENGTH
from modular_converter.syntax.tokens import references
from parent_finder.modularize.original import Original, Piece

PieceKey = tuple[str, str]
"""The file type and the name of a piece."""


@dataclass(frozen=True)
class Choice:
    """What becomes of a piece.

    ``written``: it is repeated. ``child``: a class is written as ``text``, with a base from
    ``module``. ``imported``: a function or value is imported from ``module``. ``dropped``: it comes
    with something else.
    """

    kind: Literal["written", "child", "imported", "dropped"]
    text: str = ""
    module: str = ""
    base: str = ""


WRITTEN = Choice("written")
DROPPED = Choice("dropped")


@dataclass(frozen=True)
class Draft:
    """The choices that differ from ``written``, and the line that imports a marker decorator."""

    originals: tuple[Original, ...]
    choices: Mapping[PieceKey, Choice]
    marker_import: str

    def choice(self, piece: Piece) -> Choice:
        """What becomes of a piece."""
        return self.choices.get(key_of(piece), WRITTEN)

    def choosing(self, changes: Mapping[PieceKey, Choice]) -> Draft:
        """The draft with other choices for some pieces."""
        return replace(self, choices={**self.choices, **changes})

    @property
    def pieces(self) -> list[Piece]:
        """All pieces of all originals, those of the configuration before those of the model."""
        return [piece for original in self.originals for piece in original.pieces]

    @property
    def text(self) -> str:
        """The modular file, not formatted."""
        return "".join((self.originals[0].header, *self._imports(), *self._body()))

    @property
    def lines(self) -> int:
        """The lines that are not blank, and two blank ones for each definition.

        An import counts with the lines that it has once it is formatted.
        """
        text = "".join((self.originals[0].header, *map(_laid_out, self._imports()), *self._body()))
        written = sum(1 for line in text.split("\n") if line.strip())
        return written + 2 * len(self._definitions())

    def needed_names(self) -> set[str]:
        """The plain names that the written code refers to, its own definitions left aside."""
        names: set[str] = set()
        for name, text in self._definitions():
            names |= names_in(text) - {name}
        return names

    def unneeded_imports(self) -> list[Piece]:
        """The imports that are written although the written code refers to none of their names."""
        needed = self.needed_names()
        return [
            piece
            for piece in self.pieces
            if piece.kind == "import"
            and self.choice(piece) is WRITTEN
            and needed.isdisjoint(name.partition(".")[0] for name in piece.names)
        ]

    def _imports(self) -> list[str]:
        lines: dict[str, None] = {}
        own = {original.file_type for original in self.originals}
        for piece in self.pieces:
            kept = piece.kind == "import" and self.choice(piece) is WRITTEN
            if kept and not _is_sibling(piece, own):
                lines.setdefault(piece.written)
        names: dict[str, dict[str, None]] = {}
        for piece in self.pieces:
            choice = self.choice(piece)
            if choice.kind == "child":
                names.setdefault(choice.module, {}).setdefault(choice.base)
            elif choice.kind == "imported":
                names.setdefault(choice.module, {}).setdefault(piece.name)
        written = list(lines)
        first = next((piece for piece in self.originals[0].pieces if piece.kind == "import"), None)
        if first is not None and written:
            # Blank lines above the first import end the header.
            blank = first.lead[: len(first.lead) - len(first.lead.lstrip("\n"))]
            written[0] = blank + written[0].lstrip("\n")
        if "@no_inherit_decorator" in "".join(self._body()):
            written.append(self.marker_import)
        return written + [
            f"from {module} import {', '.join(sorted(names[module]))}\n" for module in sorted(names)
        ]

    def _body(self) -> list[str]:
        exported = [piece for piece in self.pieces if piece.kind == "exports"]
        definitions = self._definitions()
        defined = {name for name, _ in definitions}
        for piece in self.pieces:
            choice = self.choice(piece)
            if choice.kind == "imported" or (piece.kind == "import" and choice is WRITTEN):
                defined.update(piece.names)
        return [*(text for _, text in definitions), *_exports(exported, defined)]

    def _definitions(self) -> list[tuple[str, str]]:
        """What is written of classes and helpers, by name."""
        definitions: dict[tuple[str, str], None] = {}
        for piece in self.pieces:
            choice = self.choice(piece)
            if piece.kind in ("exports", "import") or choice.kind in ("imported", "dropped"):
                continue
            text = f"\n\n{choice.text}" if choice.kind == "child" else piece.written
            # The same helper may stand in several files: once is enough for the modular.
            definitions.setdefault((piece.name, text))
        return list(definitions)


@lru_cache(maxsize=4096)
def names_in(text: str) -> frozenset[str]:
    """The plain names that a text refers to."""
    return frozenset(name.partition(".")[0] for name in references(text))


def imported_names(text: str) -> list[str]:
    """The names that a module's imports outside of blocks bind."""
    return [
        alias.asname or alias.name.partition(".")[0]
        for node in ast.parse(text).body
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
        if alias.name != "*"
    ]


def joined_imports(text: str) -> str:
    """The text of a formatted module with each `from` import on one line, if it has no comment.

    A formatter keeps what a comma at the end has once spread over several lines.
    """
    lines = text.split("\n")
    for node in reversed(ast.parse(text).body):
        if isinstance(node, ast.ImportFrom) and node.end_lineno:
            place = slice(node.lineno - 1, node.end_lineno)
            if lines[place][-1] == ")" and not any("#" in line for line in lines[place]):
                lines[place] = [ast.unparse(node)]
    return "\n".join(lines)


def _laid_out(statement: str) -> str:
    """An import that is too long for a line, with a line for each name."""
    line = statement.strip()
    if "\n" in line or len(line) <= LINE_LENGTH:
        return statement
    head, _, names = line.partition(" import ")
    return "\n".join((f"{head} import (", *names.split(", "), ")\n"))


def key_of(piece: Piece) -> PieceKey:
    """What a draft knows a piece by."""
    return piece.file_type, piece.name


def _is_sibling(piece: Piece, own: set[str]) -> bool:
    """Whether a piece imports from a file that the same modular generates."""
    node = ast.parse(piece.text).body[0]
    if not isinstance(node, ast.ImportFrom) or node.level != 1 or not node.module:
        return False
    return any(node.module.startswith(f"{file_type}_") for file_type in own)


def _exports(pieces: Sequence[Piece], defined: Collection[str]) -> list[str]:
    """One `__all__` for those of all files.

    Names that only conversion defines are marked, as transformers' own modular files do.
    """
    names = [name for piece in pieces for name in _exported_names(piece)]
    if len(pieces) <= 1 and all(name in defined for name in names):
        return [piece.written for piece in pieces]
    marks = {name: "" if name in defined else "  # noqa: F822" for name in names}
    listed = "".join(f'    "{name}",{mark}\n' for name, mark in marks.items())
    return [f"{pieces[0].lead}__all__ = [\n{listed}]\n"]


def _exported_names(piece: Piece) -> list[str]:
    """The names in an `__all__` that is a list of strings; none in any other."""
    node = ast.parse(piece.text).body[0]
    if not isinstance(node, ast.Assign) or not isinstance(node.value, (ast.List, ast.Tuple)):
        return []
    values = [element.value for element in node.value.elts if isinstance(element, ast.Constant)]
    return [value for value in values if isinstance(value, str)]
