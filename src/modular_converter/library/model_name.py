"""The cased name of a model that the name table does not know."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from modular_converter.library.index import FileIndex, Item
from modular_converter.library.modular_file import ModularLocation, ParentImport
from modular_converter.library.sources import Sources
from modular_converter.names.table import NameTable


def table_for(location: ModularLocation, index: FileIndex, table: NameTable) -> NameTable:
    """The name table, with the modular's own model when only its configuration class shows it."""
    if location.in_library:
        return table
    return with_model(table, location.model_name, index)


def with_model(table: NameTable, model_name: str, index: FileIndex) -> NameTable:
    """The table with a model outside the library, if one configuration class is clearly its own.

    That is the class called like the model (``MyLLaMAConfig`` for ``my_llama``), else the only
    one whose ``model_type`` is the model's name.
    """
    name = model_name.replace("-", "_")
    if table.knows(name):
        return table
    plain = name.replace("_", "")
    configs = {
        class_name: item
        for class_name, item in index.classes.items()
        if class_name.endswith("Config")
    }
    called_like = [
        class_name for class_name in configs if class_name.removesuffix("Config").lower() == plain
    ]
    typed_like = [
        class_name for class_name, item in configs.items() if _model_type(item) == model_name
    ]
    chosen = called_like or typed_like
    return table.with_entry(name, chosen[0]) if len(chosen) == 1 else table


def with_parents(table: NameTable, imports: Iterable[ParentImport], sources: Sources) -> NameTable:
    """The table with the parents outside the library, by their configuration files."""
    for imported in imports:
        if not imported.in_library:
            directory = imported.path.rpartition("/")[0]
            configuration = f"{directory}/configuration_{imported.old_name}.py"
            if sources.is_readable(configuration):
                table = with_model(table, imported.old_name, sources.index(configuration))
    return table


def _model_type(item: Item) -> str | None:
    for statement in item.class_parts.statements:
        node = statement.node
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            target = node.targets[0]
            if isinstance(target, ast.Name) and target.id == "model_type":
                return node.value.value if isinstance(node.value.value, str) else None
    return None
