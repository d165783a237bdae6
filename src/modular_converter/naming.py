"""The cased name of a model that the name table does not know."""

from __future__ import annotations

import ast

from modular_converter.index import FileIndex, Item
from modular_converter.modular_file import Place
from modular_converter.name_forms import NameTable


def table_for(place: Place, index: FileIndex, table: NameTable) -> NameTable:
    """The name table, with the modular's own model when only its configuration class tells."""
    name = place.model_name.replace("-", "_")
    if place.in_library or table.knows(name):
        return table
    plain = name.replace("_", "")
    found = []
    for class_name, item in index.classes.items():
        if not class_name.endswith("Config"):
            continue
        stem = class_name.removesuffix("Config")
        if stem.lower() == plain or _model_type(item) == place.model_name:
            found.append(class_name)
    exact = [class_name for class_name in found if class_name[:-6].lower() == plain]
    chosen = exact or found
    return table.with_entry(name, chosen[0]) if len(chosen) == 1 else table


def _model_type(item: Item) -> str | None:
    for unit in item.class_parts.units:
        node = unit.node
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            target = node.targets[0]
            if isinstance(target, ast.Name) and target.id == "model_type":
                return node.value.value if isinstance(node.value.value, str) else None
    return None
