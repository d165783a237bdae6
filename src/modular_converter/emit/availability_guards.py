"""What only some file types get: names shared with PIL files, guarded torch imports."""

from __future__ import annotations

from dataclasses import replace

from modular_converter.conventions.profiles import Profile
from modular_converter.library.imports import (
    Alias,
    ImportBlock,
    ImportNode,
    ImportStatement,
)
from modular_converter.library.modular_file import ModularLocation

_LIBRARIES = ("torch", "torchvision")


def names_shared_with_pil(imports: list[ImportNode], profile: Profile) -> set[str]:
    """The names that a PIL file would import from the torch file of its model."""
    if not profile.pil_copies:
        return set()
    ignored = ("_backends", "_utils", *(("_outputs",) if profile.pil_ignores_outputs else ()))
    for node in imports:
        if isinstance(node, ImportStatement) and node.module:
            last = node.module.rpartition(".")[2]
            if last.startswith("image_processing_") and not last.endswith(ignored):
                return {alias.name for alias in node.names}
    return set()


def guard_torch(imports: list[ImportNode], location: ModularLocation) -> list[ImportNode]:
    """The imports with those of torch and torchvision in one availability block each."""
    pooled: dict[str, list[ImportStatement]] = {library: [] for library in _LIBRARIES}
    kept: list[ImportNode] = []
    for node in imports:
        library = _guarded_by(node)
        if library is None:
            kept.append(node)
        elif isinstance(node, ImportBlock):
            pooled[library] += node.statements
        else:
            pooled[library].append(node)
    blocks: list[ImportNode] = []
    helpers = []
    for library, statements in pooled.items():
        if statements:
            helper = f"is_{library}_available"
            helpers.append(helper)
            bare = tuple(replace(statement, lead="") for statement in statements)
            blocks.append(ImportBlock("", "", f"if {helper}():\n", bare))
    if not blocks:
        return imports
    return [*_with_helpers(kept, helpers, location), *blocks]


def _guarded_by(node: ImportNode) -> str | None:
    if isinstance(node, ImportBlock):
        if node.rest:
            return None
        for library in _LIBRARIES:
            if f"is_{library}_available()" in node.header:
                return library
        return None
    roots = [node.module or ""] if node.is_from else [alias.name for alias in node.names]
    if node.level:
        return None
    for library in _LIBRARIES:
        if any(root.split(".")[0] == library for root in roots):
            return library
    return None


def _with_helpers(
    imports: list[ImportNode], helpers: list[str], location: ModularLocation
) -> list[ImportNode]:
    for position, node in enumerate(imports):
        if isinstance(node, ImportStatement) and node.is_from and _is_utils(node):
            present = {alias.name for alias in node.names}
            missing = [helper for helper in helpers if helper not in present]
            if missing:
                names = (*node.names, *map(Alias, missing))
                return [*imports[:position], replace(node, names=names), *imports[position + 1 :]]
    level, module = (3, "utils") if location.in_library else (0, "transformers.utils")
    added = ImportStatement("", "", tuple(map(Alias, helpers)), level, module)
    return [added, *imports]


def _is_utils(node: ImportStatement) -> bool:
    return node.module is not None and node.module.rpartition(".")[2] == "utils"
