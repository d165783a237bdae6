"""The classes, methods and functions of one source file."""

from __future__ import annotations

import ast
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from parent_finder.core import model_names

Kind = Literal["class", "method", "function"]
Attribute = tuple[str, int, int]


@dataclass(frozen=True)
class CodeUnit:
    """A class, method or function.

    Lines count from 1 and include both ends; decorators belong to the unit. ``owner`` is the
    position of a method's class among the file's units, -1 for what is at top level. ``role`` is
    the name without the model's name. ``attributes`` are the names that a class body assigns, each
    with the number of its lines and a checksum of the statement without the model's name.
    """

    kind: Kind
    name: str
    role: str
    owner: int
    first_line: int
    last_line: int
    bases: tuple[str, ...] = ()
    attributes: tuple[Attribute, ...] = ()

    @property
    def lines(self) -> int:
        """How many lines the unit spans."""
        return self.last_line - self.first_line + 1


def units_of(tree: ast.Module, text: str, model: str) -> tuple[list[CodeUnit], str]:
    """All units of a parsed file in source order, and the cased prefix of its class names."""
    classes = [node.name for node in tree.body if isinstance(node, ast.ClassDef)]
    prefix = model_names.cased_prefix(model, classes)
    pattern = model_names.name_pattern(model, prefix)
    lines = text.split("\n")
    units: list[CodeUnit] = []
    for node in _definitions(tree.body):
        kind: Kind = "class" if isinstance(node, ast.ClassDef) else "function"
        role = model_names.role_of(node.name, pattern)
        attributes: tuple[Attribute, ...] = ()
        if isinstance(node, ast.ClassDef):
            attributes = tuple(_attributes(node, lines, pattern))
        units.append(_unit(kind, node, -1, role, attributes))
        if isinstance(node, ast.ClassDef):
            owner = len(units) - 1
            units += [
                _unit("method", member, owner, member.name, ())
                for member in _definitions(node.body)
                if not isinstance(member, ast.ClassDef)
            ]
    return units, prefix


Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def _definitions(body: list[ast.stmt]) -> Iterator[Definition]:
    for node in body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node
        elif isinstance(node, (ast.If, ast.Try)):
            # Code that depends on what is installed is still the file's code.
            yield from _definitions(node.body)
            yield from _definitions(node.orelse)


def _unit(
    kind: Kind, node: Definition, owner: int, role: str, attributes: tuple[Attribute, ...]
) -> CodeUnit:
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    bases: tuple[str, ...] = ()
    if isinstance(node, ast.ClassDef):
        bases = tuple(ast.unparse(base) for base in node.bases)
    end = node.end_lineno or node.lineno
    return CodeUnit(kind, node.name, role, owner, first, end, bases, attributes)


def _attributes(
    node: ast.ClassDef, lines: list[str], pattern: re.Pattern[str] | None
) -> Iterator[Attribute]:
    for statement in node.body:
        targets: list[ast.expr] = []
        if isinstance(statement, ast.Assign):
            targets = statement.targets
        elif isinstance(statement, ast.AnnAssign):
            targets = [statement.target]
        end = statement.end_lineno or statement.lineno
        for target in targets:
            if isinstance(target, ast.Name):
                text = "".join("".join(lines[statement.lineno - 1 : end]).split())
                plain = model_names.without_model_name(text, pattern)
                yield target.id, end - statement.lineno + 1, zlib.crc32(plain.encode())
