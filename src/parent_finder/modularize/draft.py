"""A modular file that is being written: what becomes of each piece of the originals."""

from __future__ import annotations

import ast
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import takewhile
from typing import Literal

from modular_converter.syntax.tokens import references
from parent_finder.modularize.import_section import import_section
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


_UNUSED = "  # noqa: F401"
WRITTEN = Choice("written")
DROPPED = Choice("dropped")


@dataclass(frozen=True)
class Draft:
    """The choices that differ from ``written``.

    ``marker_import`` is the line that imports a marker decorator, ``header`` what stands above the
    imports.
    """

    originals: tuple[Original, ...]
    choices: Mapping[PieceKey, Choice]
    marker_import: str
    header: str

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
        return "".join((self._head(), *self._body()))

    @property
    def lines(self) -> int:
        """The lines that are not blank, and two blank ones for each definition.

        An import counts with the lines that it has once it is formatted.
        """
        text = self.text
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

    def _head(self) -> str:
        """The header and the imports."""
        own = {original.file_type for original in self.originals}
        needed = self.needed_names()
        statements: dict[str, None] = {}
        parents: dict[str, dict[str, None]] = {}
        marked: dict[str, None] = {}
        for piece in self.pieces:
            choice = self.choice(piece)
            if choice.kind == "child":
                parents.setdefault(choice.module, {}).setdefault(choice.base)
            elif choice.kind == "imported" and piece.name in needed:
                parents.setdefault(choice.module, {}).setdefault(piece.name)
            elif choice.kind == "imported":
                # It comes with the parents, and in another version if it were not imported.
                marked.setdefault(f"from {choice.module} import {piece.name}{_UNUSED}\n")
            elif piece.kind == "import" and choice is WRITTEN and not _is_sibling(piece, own):
                statements.setdefault(piece.written)
        if "@no_inherit_decorator" in "".join(self._body()):
            statements.setdefault(self.marker_import)
        statements.update(
            (f"from {module} import {', '.join(sorted(parents[module]))}\n", None)
            for module in sorted(parents)
        )
        return self.header + import_section([*statements, *marked])

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
        last = [piece for original in self.originals for piece in _at_the_end(original)]
        for piece in [*(piece for piece in self.pieces if piece not in last), *last]:
            choice = self.choice(piece)
            if piece.kind in ("exports", "import") or choice.kind in ("imported", "dropped"):
                continue
            text = f"\n\n{choice.text}" if choice.kind == "child" else piece.written
            # The same helper may stand in several files: once is enough for the modular.
            definitions.setdefault((piece.name, text))
        return list(definitions)


def _at_the_end(original: Original) -> list[Piece]:
    """The statements between a file's last class or function and its `__all__`.

    They are written there in the modular too: a formatter sets more blank lines below a class.
    """
    pieces = [piece for piece in original.pieces if piece.kind != "exports"]
    tail = takewhile(lambda piece: piece.kind in ("assignment", "other"), reversed(pieces))
    return list(reversed(list(tail)))


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
    unmarked = all(name in defined for name in names)
    if len(pieces) <= 1 and unmarked:
        return [piece.written for piece in pieces]
    lead = min((piece.lead for piece in pieces), key=len)
    if unmarked:
        return [f"{lead}__all__ = {json.dumps(names)}\n"]
    marks = {name: "" if name in defined else "  # noqa: F822" for name in names}
    listed = "".join(f'    "{name}",{mark}\n' for name, mark in marks.items())
    return [f"{lead}__all__ = [\n{listed}]\n"]


def _exported_names(piece: Piece) -> list[str]:
    """The names in an `__all__` that is a list of strings; none in any other."""
    node = ast.parse(piece.text).body[0]
    if not isinstance(node, ast.Assign) or not isinstance(node.value, (ast.List, ast.Tuple)):
        return []
    values = [element.value for element in node.value.elts if isinstance(element, ast.Constant)]
    return [value for value in values if isinstance(value, str)]
