"""Errors about imports and bases that no conversion could follow."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterable, Mapping

from modular_converter.blocks import Unit
from modular_converter.file_types import type_of_module
from modular_converter.index import FileIndex, Item
from modular_converter.library import DISTRIBUTION
from modular_converter.modular_file import ParentImport, Place, from_imports
from modular_converter.nodes import Fragment
from modular_converter.source import Source


def check_imports(index: FileIndex) -> None:
    """Checks the imports of a modular file by themselves. Raises ConversionError."""
    for unit in index.imports:
        for node in _statements(unit):
            if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
                raise index.source.error(
                    "star-import",
                    f"`from {'.' * node.level}{node.module or ''} import *` does not say which "
                    "names it brings",
                    node,
                    hint="name what is used",
                )
        other = _other_statement(unit)
        if other is not None:
            raise _mixed_block(index.source, other)


def _statements(unit: Unit) -> Iterable[ast.stmt]:
    return unit.node.body if isinstance(unit.node, ast.If) else (unit.node,)


def _other_statement(unit: Unit) -> ast.stmt | None:
    """The first statement of an import block that is no import."""
    if isinstance(unit.node, ast.If):
        for node in unit.node.body:
            if not isinstance(node, (ast.Import, ast.ImportFrom, ast.Pass)):
                return node
    return None


def _mixed_block(source: Source, node: ast.stmt) -> Exception:
    return source.error(
        "mixed-import-block",
        "an `if` block of imports can hold nothing but imports",
        node,
        hint="keep the block to imports and put the rest into a function or class",
    )


def check_kept_blocks(parents: Iterable[FileIndex], written: Iterable[Fragment]) -> None:
    """Refuses import blocks of parents that reach an output and hold other statements."""
    texts: list[str] | None = None
    for index in parents:
        for unit in index.imports:
            other = _other_statement(unit)
            if other is None:
                continue
            if texts is None:
                texts = [each.text for each in written if "import " in each.text]
            header = index.source.lines[unit.first].strip()
            names = {
                alias.asname or alias.name
                for node in _statements(unit)
                if isinstance(node, (ast.Import, ast.ImportFrom))
                for alias in node.names
            }
            for text in texts:
                if header in text and any(name in text for name in names):
                    raise _mixed_block(index.source, other)


def check_names(
    imported: ParentImport, parent: FileIndex, others: Iterable[FileIndex], source: Source
) -> None:
    """Checks that a parent has what is imported from it. Raises ConversionError.

    A name that one of the ``others`` defines does no harm: it is found there.
    """
    for alias in imported.node.names:
        name = alias.name
        if alias.asname and alias.asname != name and not imported.stays:
            raise source.error(
                "aliased-parent",
                f"`{name}` is imported from a parent as `{alias.asname}`, but is only known "
                "there by its own name",
                alias,
                hint=f"import `{name}` without `as` and use that name",
            )
        if name in parent.position or any(name in other.position for other in others):
            continue
        bound, imports = _bound_names(parent)
        if name in imports:
            continue
        label = parent.source.label
        if name in bound:
            raise source.error(
                "no-such-name",
                f"`{name}` of {label} cannot be taken over: line {bound[name]} does not define "
                "it as a class, a function or by a plain assignment",
                alias,
                hint="define it in the modular file",
            )
        near = difflib.get_close_matches(name, [*parent.position, *bound, *imports], 1, 0.7)
        raise source.error(
            "no-such-name",
            f"{label} has no `{name}`",
            alias,
            hint=f"did you mean `{near[0]}`?" if near else
            "check the spelling, or import it from the module that defines it",
        )


def _bound_names(index: FileIndex) -> tuple[dict[str, int], set[str]]:
    """Names with the line that binds them, and names that imports bind."""
    bound: dict[str, int] = {}
    imports: set[str] = set()
    for node in ast.walk(index.source.tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            imports.update((alias.asname or alias.name).split(".")[0] for alias in node.names)
    pending: list[ast.AST] = list(index.source.tree.body)
    while pending:
        node = pending.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            bound.setdefault(node.name, node.lineno)
            continue
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            bound.setdefault(node.id, node.lineno)
        pending.extend(ast.iter_child_nodes(node))
    return bound, imports


def check_bases(
    item: Item, base: str | None, origin_of: Mapping[str, ParentImport], index: FileIndex,
    place: Place,
) -> None:
    """Checks the bases of a modular class; ``base`` is its parent class, if it has one.

    Raises ConversionError.
    """
    assert isinstance(item.unit.node, ast.ClassDef)
    for node in item.unit.node.bases:
        parts = _dotted(node)
        if parts is None:
            names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
            if base is not None or names & origin_of.keys():
                raise item.source.error(
                    "unusable-base",
                    f"a base of class {item.name} is neither a name nor a dotted name",
                    node,
                    hint="assign it to a name and inherit from that, or name the parent class",
                )
        elif base is None and len(parts) == 1:
            _check_plain_base(item, node, index, origin_of, place)
        elif len(parts) > 1 and _is_parent_module(parts, index):
            raise item.source.error(
                "dotted-parent",
                f"parent class `{'.'.join(parts)}` is named through its module",
                node,
                hint=f"import `{parts[-1]}` from that module and inherit from it",
            )


def _dotted(node: ast.expr) -> list[str] | None:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.insert(0, node.attr)
        node = node.value
    return [node.id, *parts] if isinstance(node, ast.Name) else None


def _check_plain_base(
    item: Item, base: ast.expr, index: FileIndex, origin_of: Mapping[str, ParentImport],
    place: Place,
) -> None:
    """Finds a base that was imported from a parent in a way that loses it."""
    assert isinstance(base, ast.Name)
    for node, _ in from_imports(index):
        for alias in node.names:
            if (alias.asname or alias.name) != base.id:
                continue
            imported = origin_of.get(alias.name)
            if alias.asname and imported is not None and imported.node is node:
                raise item.source.error(
                    "aliased-parent",
                    f"parent class `{alias.name}` is imported as `{alias.asname}`",
                    base,
                    hint=f"import `{alias.name}` without `as` and inherit from that name",
                )
            if _is_nested_model(node, place):
                raise item.source.error(
                    "nested-parent",
                    f"parent class `{alias.name}` is from {'.' * node.level}{node.module}, "
                    f"which does not lie directly in {DISTRIBUTION}.models",
                    base,
                    hint="inherit from another model, or write the class out",
                )


def _is_nested_model(node: ast.ImportFrom, place: Place) -> bool:
    parts = (node.module or "").split(".")
    if len(parts) < 2 or type_of_module(parts[-1]) is None or parts[-2] == "auto":
        return False
    if parts[:2] == [DISTRIBUTION, "models"]:
        return len(parts) > 4
    if not place.in_library or node.level < 2:
        return False
    package = [*place.package.split(".")[: 1 - node.level], *parts]
    return package[:2] == [DISTRIBUTION, "models"] and len(package) > 4


def _is_parent_module(parts: list[str], index: FileIndex) -> bool:
    """Whether a dotted name begins with a parent's module."""
    for unit in index.imports:
        for node in _statements(unit):
            if isinstance(node, ast.ImportFrom) and node.module and node.level != 1:
                names = {alias.asname or alias.name: alias.name for alias in node.names}
                module = names.get(parts[0], "")
                package = node.module.rpartition(".")[2]
                if type_of_module(module) and module.endswith(f"_{package}"):
                    return True
            elif isinstance(node, ast.Import):
                for alias in node.names:
                    bound = (alias.asname or alias.name).split(".")
                    if parts[: len(bound)] == bound and _names_model(alias.name):
                        return True
    return False


def _names_model(module: str) -> bool:
    parts = module.split(".")
    return len(parts) > 2 and bool(type_of_module(module)) and parts[-1].endswith(f"_{parts[-2]}")
