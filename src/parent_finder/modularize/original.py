"""The standalone files that a modular file is to give back, cut into top-level pieces."""

from __future__ import annotations

import ast
import os
import re
from dataclasses import dataclass
from typing import Literal

from modular_converter.conventions.file_types import FILE_TYPES, type_of_module
from modular_converter.library.index import FileIndex, Item
from modular_converter.library.sources import Sources
from toolkit.errors import InputError

Kind = Literal["import", "class", "function", "assignment", "exports", "other"]

_BANNER = re.compile(
    r"\A#[^\n]*\U0001f6a8\n#[^\n]*automatically generated from [^\n]*\n(?:#[^\n]*\n)*?"
    r"#[^\n]*\U0001f6a8\n"
)


@dataclass(frozen=True, eq=False)
class Piece:
    """A top-level statement with the lines above it; ``names`` are what it defines or imports."""

    kind: Kind
    name: str
    names: tuple[str, ...]
    lead: str
    text: str
    file_type: str

    @property
    def written(self) -> str:
        """As it stands in its file."""
        return self.lead + self.text

    @property
    def lines(self) -> int:
        """How many lines it has, without those above it."""
        return self.text.count("\n")


@dataclass(frozen=True, eq=False)
class Original:
    """A standalone file: its formatted text without a generated file's banner, and its pieces."""

    path: str
    file_type: str
    text: str
    index: FileIndex
    pieces: tuple[Piece, ...]

    @property
    def header(self) -> str:
        """The comments above the first statement."""
        return self.index.header

    def class_item(self, name: str) -> Item:
        """A class by its name. Raises KeyError."""
        return self.index.classes[name]


def type_and_model(path: str) -> tuple[str, str]:
    """What a file is for and its model, by its name. Raises InputError for another name."""
    name = os.path.basename(path)
    stem = name.removesuffix(".py")
    file_type = type_of_module(stem)
    model = stem.removeprefix(f"{file_type}_")
    if file_type is None or stem == name or not f"_{model}".isidentifier():
        raise InputError(
            "the name of this file does not say which model it is",
            place=path,
            hint=f"name it <type>_<model>.py, with one of the types {', '.join(FILE_TYPES)}",
        )
    return file_type, model


def without_banner(text: str) -> str:
    """The text of a generated file without the notice that says so."""
    return _BANNER.sub("", text, count=1)


def pieces_of(index: FileIndex, file_type: str) -> tuple[Piece, ...]:
    """The top-level statements of a file in order."""
    return tuple(_piece(index, number, file_type) for number in range(len(index.statements)))


def original(path: str, file_type: str, text: str, sources: Sources) -> Original:
    """Takes a formatted text apart that is laid over a path. Raises ConversionError."""
    sources.put(path, text)
    index = sources.index(path)
    return Original(path, file_type, text, index, pieces_of(index, file_type))


def _piece(index: FileIndex, number: int, file_type: str) -> Piece:
    source, unit = index.source, index.statements[number]
    node = unit.node
    kind: Kind = "other"
    names: tuple[str, ...] = ()
    if isinstance(node, ast.ClassDef):
        kind, names = "class", (node.name,)
    elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        kind, names = "function", (node.name,)
    elif any(unit is statement for statement in index.imports):
        kind = "import"
        names = tuple(
            (alias.asname or alias.name)
            for inner in ast.walk(node)
            if isinstance(inner, (ast.Import, ast.ImportFrom))
            for alias in inner.names
        )
    elif index.exports is not None and unit is index.exports.statement:
        kind, names = "exports", ("__all__",)
    elif isinstance(node, ast.Assign) and len(node.targets) == 1:
        kind, names = "assignment", (source.slice(node.targets[0]),)
    text = source.block(unit.first, unit.last)
    name = names[0] if names else text.partition("\n")[0]
    return Piece(
        kind=kind,
        name=f"import {number}" if kind == "import" else name,
        names=names,
        lead=source.block(unit.lead, unit.first - 1),
        text=text,
        file_type=file_type,
    )
