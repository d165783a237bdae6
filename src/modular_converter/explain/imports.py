"""Which import statements of modular and parents the imports of an output stem from."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from modular_converter.library.imports import Alias, ImportStatement
from modular_converter.library.index import FileIndex
from modular_converter.library.modular_file import ModularLocation
from modular_converter.names.renamer import Renamer
from modular_converter.syntax.nodes import nodes_within


@dataclass(frozen=True)
class Binding:
    """A name that an import statement binds, as the output spells it.

    ``module`` is dotted, None in a plain ``import``. ``line`` (from 1) is that of the name.
    """

    bound: str
    module: str | None
    path: str
    line: int
    renamer: Renamer | None


@dataclass(frozen=True)
class Heading:
    """The condition of an ``if`` block of imports, as the output spells it, and its lines."""

    condition: str
    path: str
    line: int
    last: int
    renamer: Renamer | None


def bindings(
    index: FileIndex, renamer: Renamer | None, location: ModularLocation
) -> Iterator[Binding]:
    """What the module-level imports of a file bind in the outputs of the modular."""
    source = index.source
    for imports in index.imports:
        for node in nodes_within(imports.node):
            if not isinstance(node, (ast.Import, ast.ImportFrom)):
                continue
            statement = _statement(node, source.slice(node))
            if renamer is not None:
                statement = statement.renamed(renamer)
            if not location.in_library:
                statement = statement.seen_from(location.package)
            module = statement.dotted if statement.is_from else None
            for alias, written in zip(node.names, statement.names, strict=True):
                yield Binding(written.bound, module, source.label, alias.lineno, renamer)


def headings(index: FileIndex, renamer: Renamer | None) -> Iterator[Heading]:
    """The conditions under which a file imports."""
    source = index.source
    for statement in index.imports:
        if isinstance(statement.node, ast.If):
            condition = source.slice(statement.node.test)
            if renamer is not None:
                condition = renamer.code(condition)
            yield Heading(
                condition, source.label, statement.node.lineno, statement.last + 1, renamer
            )


def _statement(node: ast.Import | ast.ImportFrom, text: str) -> ImportStatement:
    is_from = isinstance(node, ast.ImportFrom)
    return ImportStatement(
        lead="",
        key=text,
        names=tuple(Alias(alias.name, alias.asname) for alias in node.names),
        level=node.level if is_from else 0,  # type: ignore[union-attr]
        module=(node.module or "") if is_from else None,  # type: ignore[union-attr]
    )


def import_region(tree: ast.Module) -> list[ast.stmt]:
    """The statements of a generated file before its first own definition."""
    region = []
    for statement in tree.body:
        if not _is_import(statement):
            break
        region.append(statement)
    return region


def _is_import(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.If):
        return any(isinstance(child, (ast.Import, ast.ImportFrom)) for child in statement.body)
    return isinstance(statement, (ast.Import, ast.ImportFrom))


def names_by_line(region: Iterable[ast.stmt]) -> dict[int, list[tuple[str, str | None]]]:
    """(bound name, module) for each line (from 1) of import statements.

    The lines of a statement that hold no name of their own have all its names.
    """
    names: dict[int, list[tuple[str, str | None]]] = {}
    for statement in region:
        for node in nodes_within(statement):
            if not isinstance(node, (ast.Import, ast.ImportFrom)):
                continue
            module = _module(node)
            pairs = [(alias.asname or alias.name, module) for alias in node.names]
            for alias, pair in zip(node.names, pairs, strict=True):
                names.setdefault(alias.lineno, []).append(pair)
            own_lines = {alias.lineno for alias in node.names}
            for line in range(node.lineno, (node.end_lineno or node.lineno) + 1):
                if line not in own_lines:
                    names.setdefault(line, []).extend(pairs)
    return names


def _module(node: ast.Import | ast.ImportFrom) -> str | None:
    if isinstance(node, ast.Import):
        return None
    return "." * node.level + (node.module or "")


def matching(pool: Iterable[Binding], bound: str, module: str | None) -> list[Binding]:
    """The imports that an output's import of a name stems from, the one it was taken from first.

    The formatter may have put another module in the place of a deprecated one; then the name
    decides.
    """
    same_name = [binding for binding in pool if binding.bound == bound]
    exact = [binding for binding in same_name if binding.module == module]
    return exact or [
        binding for binding in same_name if _is_absolute(binding.module) and _is_absolute(module)
    ]


def _is_absolute(module: str | None) -> bool:
    return module is not None and not module.startswith(".")
