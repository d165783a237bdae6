"""A modular file that is being written: what becomes of each piece of the originals."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import takewhile
from os.path import basename, splitext
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
_IMPORT = re.compile(r"(?:from|import) +([\w.]+)")
WRITTEN = Choice("written")
DROPPED = Choice("dropped")


@dataclass(frozen=True)
class Draft:
    """The choices that differ from ``written``.

    ``marker_import`` is the line that imports a marker decorator, ``header`` what stands above the
    imports. With ``narrow``, these are of the names that the modular itself needs.
    """

    originals: tuple[Original, ...]
    choices: Mapping[PieceKey, Choice]
    marker_import: str
    header: str
    narrow: bool = False

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
        return "".join((self.header, self._imports(), *self._body()))

    @property
    def first_import(self) -> str:
        """The module of the first import; empty if there is none."""
        return module_of(self._imports())

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
        for piece in self.pieces:
            if piece.kind == "import" and self.choice(piece) is WRITTEN:
                names |= _names_in_condition(piece.text)
        return names

    def unneeded_imports(self) -> list[Piece]:
        """The imports that are written although the written code refers to none of their names."""
        needed = self.needed_names() - {name for name, _ in self._definitions()}
        return [
            piece
            for piece in self.pieces
            if piece.kind == "import"
            and self.choice(piece) is WRITTEN
            and needed.isdisjoint(name.partition(".")[0] for name in piece.names)
        ]

    def _imports(self) -> str:
        """The imports of what is written and of the parents, as one section."""
        own = {splitext(basename(original.path))[0] for original in self.originals}
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
                statements.setdefault(_narrowed(piece, needed) if self.narrow else piece.written)
        if "@no_inherit_decorator" in "".join(self._body()):
            statements.setdefault(self.marker_import)
        statements.update(
            (f"from {module} import {', '.join(sorted(parents[module]))}\n", None)
            for module in sorted(parents)
        )
        return import_section([*statements, *marked])

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
        definitions: dict[tuple[str, str], str] = {}
        first = [piece for original in self.originals for piece in _at_the_beginning(original)]
        last = [piece for original in self.originals for piece in _at_the_end(original)]
        others = (piece for piece in self.pieces if piece not in last)
        for piece in dict.fromkeys([*first, *others, *last]):
            choice = self.choice(piece)
            if piece.kind in ("exports", "import") or choice.kind in ("imported", "dropped"):
                continue
            text = f"\n\n{choice.text}" if choice.kind == "child" else piece.written
            # The same helper may stand in several files: once is enough for the modular.
            definitions.setdefault((piece.name, text.lstrip("\n")), text)
        return [(name, text) for (name, _), text in definitions.items()]


def _at_the_beginning(original: Original) -> list[Piece]:
    """The statements between a file's imports and its first class or function.

    They are written there in the modular too: a formatter sets more blank lines below a class.
    """
    pieces = (piece for piece in original.pieces if piece.kind != "import")
    return list(takewhile(_is_plain, pieces))


def _at_the_end(original: Original) -> list[Piece]:
    """The statements between a file's last class or function and its `__all__`."""
    pieces = [piece for piece in original.pieces if piece.kind != "exports"]
    return list(reversed(list(takewhile(_is_plain, reversed(pieces)))))


def _is_plain(piece: Piece) -> bool:
    return piece.kind in ("assignment", "other")


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


def _names_in_condition(statement: str) -> frozenset[str]:
    """The names in the condition of a block of imports."""
    header = statement.lstrip("\n").partition(":\n")[0]
    return names_in(header) if header.startswith("if ") else frozenset()


def _narrowed(piece: Piece, needed: Collection[str]) -> str:
    """A `from` import of only the needed names; as it is if there are none, or it has comments."""
    node = ast.parse(piece.text).body[0]
    if not isinstance(node, ast.ImportFrom) or "#" in piece.text:
        return piece.written
    names = [alias for alias in node.names if (alias.asname or alias.name) in needed]
    if names:
        node.names = names
    return f"{piece.lead}{ast.unparse(node)}\n"


def module_of(statement: str) -> str:
    """The module that a statement imports, or imports from; empty if it is none of these."""
    match = _IMPORT.match(statement.lstrip("\n"))
    return match[1] if match else ""


def is_own(piece: Piece) -> bool:
    """Whether a value, such as a logger, is a module's own: nobody imports that of another one."""
    return piece.kind == "assignment" and "__name__" in names_in(piece.text)


def _is_sibling(piece: Piece, own: Collection[str]) -> bool:
    """Whether a piece imports from a file that the same modular generates."""
    node = ast.parse(piece.text).body[0]
    if not isinstance(node, ast.ImportFrom) or node.level != 1 or not node.module:
        return False
    return node.module in own


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
