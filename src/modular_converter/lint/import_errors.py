"""Checks of what a modular file imports from its parents, and of bases named in other ways."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Mapping

from modular_converter.conventions.file_types import FILE_TYPES, type_of_module
from modular_converter.diagnostics.record import ConversionError, Diagnostic, Severity
from modular_converter.library.index import FileIndex, Item
from modular_converter.library.library_reader import LibraryReader
from modular_converter.library.modular_file import ModularLocation, ParentImport
from modular_converter.names.renamer import DISTRIBUTION
from modular_converter.parents.loader import Parent
from modular_converter.syntax.nodes import nodes_within
from toolkit.suggestions import nearest


def check_names(
    index: FileIndex,
    imports: Iterable[ParentImport],
    parents: Mapping[str, Parent],
    bases: Collection[str],
) -> list[Diagnostic]:
    """Warnings about names that a parent does not have and that do no harm.

    ``bases`` are the parent classes of the modular's classes: whether they exist is found out when
    those are merged.

    Raises ConversionError if such a name, or one under an alias, is used and would be undefined
    in the outputs.
    """
    findings = []
    for imported in imports:
        parent = parents[imported.path].view.index
        for alias in imported.node.names:
            _check_alias(index, imported, alias)
            if alias.name in parent.position or alias.name in parent.imported_names:
                continue
            if _is_supplied(alias.name, imported, parents) or not _uses(index, alias.name):
                findings.append(_missing(index, parent, alias, "stray-import", "warning"))
            elif alias.name not in bases:
                raise ConversionError([_missing(index, parent, alias, "no-such-name", "error")])
    return findings


def _is_supplied(name: str, imported: ParentImport, parents: Mapping[str, Parent]) -> bool:
    """Whether another parent has the name, or its own has one that renaming makes the same."""
    if any(name in parent.view.index.position for parent in parents.values()):
        return True
    own = parents[imported.path]
    word = own.renamer.word
    return any(word(known) == word(name) for known in own.view.index.position)


def _check_alias(index: FileIndex, imported: ParentImport, alias: ast.alias) -> None:
    if not alias.asname or alias.asname == alias.name or imported.stays:
        return
    if _uses(index, alias.asname):
        raise index.source.error(
            "aliased-parent",
            f"`{alias.name}` is imported from a parent as `{alias.asname}`, but is only known "
            "there by its own name",
            alias,
            hint=f"import `{alias.name}` without `as` and use that name",
        )


def _uses(index: FileIndex, name: str) -> bool:
    items = (*index.classes.values(), *index.functions.values(), *index.assignments.values())
    return any(name in item.identifiers for item in items)


def _missing(
    index: FileIndex, parent: FileIndex, alias: ast.alias, code: str, severity: Severity
) -> Diagnostic:
    label, name = parent.source.label, alias.name
    near = nearest(name, parent.position, 1)
    message = f"{label} does not define `{name}`"
    if parent.binds(name):
        message += (
            " as a class, a function or by a plain assignment at module level, so that it cannot "
            "be taken over"
        )
        hint = "define it in the modular file"
    elif near:
        hint = f"did you mean `{near[0]}`?"
    elif severity == "warning":
        hint = "delete it from the import"
    else:
        hint = "check the spelling, or import it from the module that defines it"
    return index.source.diagnostic(code, message, alias, hint=hint, severity=severity)


def check_free_bases(
    item: Item, index: FileIndex, parent_names: Collection[str], *, dotted: bool
) -> None:
    """Refuses bases by which a class names a parent that then is not found.

    ``item`` is a class of which no base is a plain name from a parent; ``dotted`` says whether a
    base may be named through its module. Raises ConversionError.
    """
    assert isinstance(item.statement.node, ast.ClassDef)
    for node in item.statement.node.bases:
        if isinstance(node, ast.Name):
            continue
        parts = _dotted(node)
        if parts and not dotted and _is_parent_module(parts, index):
            raise item.source.error(
                "dotted-parent",
                f"parent class {'.'.join(parts)} is named through its module",
                node,
                hint=f"import {parts[-1]} from that module and inherit from it",
            )
        inside = {child.id for child in nodes_within(node) if isinstance(child, ast.Name)}
        if not parts and (wrapped := sorted(inside.intersection(parent_names))):
            raise item.source.error(
                "base-not-a-name",
                f"a base of class {item.name} is not a name, though it contains the parent's "
                f"{wrapped[0]}: {item.source.slice(node)}",
                node,
                hint="inherit from the parent class itself",
            )


def check_package_bases(
    item: Item, index: FileIndex, location: ModularLocation, library: LibraryReader
) -> None:
    """Refuses bases that are imported from a model's package, and not from its module.

    The class would inherit from the parent at run time. Raises ConversionError.
    """
    node = item.statement.node
    assert isinstance(node, ast.ClassDef)
    for dotted in node.bases:
        if isinstance(dotted, ast.Attribute):
            _check_dotted_package(item, dotted, index, location, library)
    bases = {base.id: base for base in node.bases if isinstance(base, ast.Name)}
    if not bases:
        return
    for name, base in bases.items():
        for imported in index.imports_of.get(name, ()):
            if _is_model_package(imported, location, library):
                package = f"{'.' * imported.level}{imported.module or ''}"
                model = package.rpartition(".")[2]
                imported_as = _imported_name(imported, name)
                raise item.source.error(
                    "package-parent",
                    f"parent class {imported_as} is imported from the package {package}, which "
                    "does not say which file defines it",
                    base,
                    hint=f"import it from the module that defines it, such as "
                    f"`from {package}.modeling_{model} import {imported_as}`",
                )


def _check_dotted_package(
    item: Item,
    base: ast.Attribute,
    index: FileIndex,
    location: ModularLocation,
    library: LibraryReader,
) -> None:
    """Refuses a base that is named through a model's package. Raises ConversionError."""
    *owner, name = _dotted(base) or [""]
    packages = [
        (imported.level, f"{imported.module or ''}.{_imported_name(imported, owner[0])}".strip("."))
        for imported in (index.imports_of.get(owner[0], ()) if len(owner) == 1 else ())
    ]
    packages += [
        (0, alias.name)
        for statement in index.imports
        if isinstance(statement.node, ast.Import)
        for alias in statement.node.names
        if (alias.asname or alias.name) == ".".join(owner)
    ]
    for level, package in packages:
        of_library = package.partition(".")[0] in (location.package.partition(".")[0], DISTRIBUTION)
        imported = ast.ImportFrom(module=package, names=[], level=level)
        if (level or of_library) and _is_model_package(imported, location, library):
            module, model = f"{'.' * level}{package}", package.rpartition(".")[2]
            raise item.source.error(
                "package-parent",
                f"parent class {name} is named through the package {module}, which does not say "
                "which file defines it",
                base,
                hint=f"import it from the module that defines it, such as "
                f"`from {module}.modeling_{model} import {name}`",
            )


def is_exported(
    name: str, node: ast.ImportFrom, location: ModularLocation, library: LibraryReader
) -> bool:
    """Whether a file of a model exports a name that is imported from the model's package."""
    module = node.module or ""
    model = module.rpartition(".")[2]
    texts = (
        library.text(location.package, node.level, f"{module}.{file_type}_{model}") or ""
        for file_type in FILE_TYPES
    )
    return any(f'"{name}"' in text.partition("\n__all__")[2] for text in texts)


def _imported_name(node: ast.ImportFrom, bound: str) -> str:
    return next(alias.name for alias in node.names if (alias.asname or alias.name) == bound)


def _is_model_package(
    node: ast.ImportFrom, location: ModularLocation, library: LibraryReader
) -> bool:
    module = node.module or ""
    components = module.split(".")
    model = components[-1]
    if not model or model == "auto":
        return False
    if node.level == 0:
        if components[:2] == [DISTRIBUTION, "models"]:
            return len(components) == 3
    elif location.in_library:
        return node.level == 2 and len(components) == 1
    return any(
        library.text(location.package, node.level, f"{module}.{file_type}_{model}") is not None
        for file_type in ("modeling", "configuration")
    )


def _dotted(node: ast.expr) -> list[str]:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.insert(0, node.attr)
        node = node.value
    return [node.id, *parts] if isinstance(node, ast.Name) else []


def _is_parent_module(parts: list[str], index: FileIndex) -> bool:
    """Whether a dotted name begins with the module of a parent."""
    modules = _parent_modules(index)
    return any(tuple(parts[:size]) in modules for size in range(1, len(parts)))


def _parent_modules(index: FileIndex) -> frozenset[tuple[str, ...]]:
    """The (dotted) names under which a file imports the modules of parents as such."""
    modules: set[tuple[str, ...]] = set()
    for node, _ in index.from_imports:
        package = (node.module or "").rpartition(".")[2]
        for alias in node.names:
            if _is_of_model(alias.name, package):
                modules.add((alias.asname or alias.name,))
    for statement in index.imports:
        if isinstance(statement.node, ast.Import):
            for alias in statement.node.names:
                package, _, module = alias.name.rpartition(".")
                if _is_of_model(module, package.rpartition(".")[2]):
                    modules.add(tuple((alias.asname or alias.name).split(".")))
    return frozenset(modules)


def _is_of_model(module: str, package: str) -> bool:
    file_type = type_of_module(module)
    return bool(package) and file_type is not None and module == f"{file_type}_{package}"
