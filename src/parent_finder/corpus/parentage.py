"""What the classes of a modular file inherit from, and which models a file is made from."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from parent_finder.corpus import source_file
from rules_transformers_contract.file_types import split_name

# transformers' comment for code that a check keeps equal to the original's.
_COPIED = re.compile(r"^[ \t]*# Copied from ([A-Za-z_][\w.]*)", re.MULTILINE)


@dataclass(frozen=True, order=True)
class Parentage:
    """``child`` of the modular file inherits from ``parent`` in the modeling file ``path``.

    The path is relative to the source root, as the import says.
    """

    child: str
    path: str
    parent: str


@dataclass(frozen=True)
class Origins:
    """Where a file comes from.

    ``parents`` are those of a modular file's classes; ``paths`` all files of models, of any type,
    that a modular file imports from or that a file says it copies code from.
    """

    parents: tuple[Parentage, ...] = ()
    paths: tuple[str, ...] = ()


def of_modular(content: bytes, path: str) -> Origins:
    """The origins of a modular file. Raises InputError if it is not Python."""
    text = content.decode("utf-8-sig", errors="replace")
    tree = source_file.parse_signatures(text, path)
    imported: dict[str, tuple[str, str]] = {}
    paths = set(_copied(text))
    for node in _imports(tree.body):
        origin = _origin(node, path)
        if origin is None or origin.rpartition("/")[0] == path.rpartition("/")[0]:
            continue
        paths.add(origin)
        if origin.rpartition("/")[2].startswith("modeling_"):
            for alias in node.names:
                imported[alias.asname or alias.name] = (origin, alias.name)
    return Origins(tuple(sorted(_parents(tree, imported))), tuple(sorted(paths)))


def of_standalone(content: bytes) -> Origins:
    """The origins that the comments of a standalone file name."""
    text = content.decode("utf-8-sig", errors="replace")
    return Origins(paths=tuple(sorted(set(_copied(text)))))


def _copied(text: str) -> Iterator[str]:
    for name in _COPIED.findall(text):
        parts = name.split(".")
        for position, part in enumerate(parts):
            if split_name(part) is not None:
                yield "/".join(parts[: position + 1]) + ".py"
                break


def _imports(body: list[ast.stmt]) -> Iterator[ast.ImportFrom]:
    """The imports at module level, also under conditions: what bases of classes can come from."""
    for node in body:
        if isinstance(node, ast.ImportFrom):
            yield node
        elif isinstance(node, (ast.If, ast.Try)):
            yield from _imports([*node.body, *node.orelse])


def _origin(node: ast.ImportFrom, own_path: str) -> str | None:
    """The path of the file that is imported from, if it is named like a file of a model."""
    parts = (node.module or "").split(".")
    if split_name(parts[-1]) is None:
        return None
    package = own_path.split("/")[: -node.level] if node.level else []
    if node.level > own_path.count("/") + 1:
        return None
    return "/".join((*package, *parts)) + ".py"


def _parents(tree: ast.Module, imported: dict[str, tuple[str, str]]) -> Iterator[Parentage]:
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            for base in node.bases:
                if isinstance(base, ast.Name) and base.id in imported:
                    yield Parentage(node.name, *imported[base.id])
