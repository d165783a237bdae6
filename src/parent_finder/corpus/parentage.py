"""Which classes of other models the classes of a modular file inherit from."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from parent_finder.corpus import source_file


@dataclass(frozen=True, order=True)
class Parentage:
    """``child`` of the modular file inherits from ``parent`` in ``model``'s modeling ``file``."""

    child: str
    model: str
    file: str
    parent: str


def read(content: bytes, path: str) -> list[Parentage]:
    """The parents that a modular file names. Raises InputError where it is not Python."""
    tree = source_file.parse(content.decode("utf-8-sig", errors="replace"), path)
    own = path.split("/")[-2]
    imported: dict[str, tuple[str, str, str]] = {}
    for node in _imports(tree.body):
        place = _place(node, own)
        if place is not None:
            for alias in node.names:
                imported[alias.asname or alias.name] = (place[0], place[1], alias.name)
    return sorted(_parents(tree, imported))


def _imports(body: list[ast.stmt]) -> Iterator[ast.ImportFrom]:
    """The imports at module level, also under conditions: what bases of classes can come from."""
    for node in body:
        if isinstance(node, ast.ImportFrom):
            yield node
        elif isinstance(node, (ast.If, ast.Try)):
            yield from _imports([*node.body, *node.orelse])


def _place(node: ast.ImportFrom, own: str) -> tuple[str, str] | None:
    """The model directory and the file of an import, when it is another model's modeling file."""
    parts = (node.module or "").split(".")
    if node.level == 0 and parts[:2] != ["transformers", "models"]:
        return None
    if len(parts) < 2 or not parts[-1].startswith("modeling_") or parts[-2] == own:
        return None
    return parts[-2], parts[-1] + ".py"


def _parents(tree: ast.Module, imported: dict[str, tuple[str, str, str]]) -> Iterator[Parentage]:
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            for base in node.bases:
                if isinstance(base, ast.Name) and base.id in imported:
                    yield Parentage(node.name, *imported[base.id])
