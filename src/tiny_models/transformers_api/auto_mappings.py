"""The tables of transformers' Auto classes, read from their source without importing it.

The graph asks for what they name before anything is built.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tiny_models.transformers_api.catalogue import near
from toolkit.errors import InputError

_MODELS = re.compile(r"MODEL_.*NAMES")


def architectures_in(source: str, model_type: str, *, path: str) -> list[str]:
    """The model classes that the auto mappings name for ``model_type``, sorted.

    ``source`` is the text of ``transformers/models/auto/modeling_auto.py``, which lies at
    ``path``. Raises InputError, with near names, where there are none.
    """
    classes: dict[str, set[str]] = {}
    for table, key, names in entries(source, path=path):
        if _MODELS.fullmatch(table):
            classes.setdefault(key, set()).update(names)
    if model_type not in classes:
        raise InputError(
            f"the Auto classes have no model class of `{model_type}`",
            place=path,
            hint=near(model_type, classes),
        )
    return sorted(classes[model_type])


def entries(source: str, *, path: str) -> Iterator[tuple[str, str, list[str]]]:
    """Of each entry of each table: the table's name, the key, and all strings in the value.

    A table is a list of pairs that a name is set to, or updated with, anywhere in the ``source``,
    which lies at ``path``. Raises InputError for what is no Python.
    """
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise InputError(
            f"not readable as Python: {error.msg}",
            place=f"{path}:{error.lineno}:{error.offset}",
            hint="name a file of an intact transformers",
        ) from error
    for name, value in _assigned(tree):
        # `*list(OTHER.items())` repeats another table, which is read by itself.
        for node in (node for node in ast.walk(value) if isinstance(node, ast.List)):
            for key, strings in _pairs(node):
                yield name, key, strings


def _assigned(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                yield name, value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                yield name, value
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="update"), args=[value]):
                yield name, value


def _pairs(pairs: ast.List) -> Iterator[tuple[str, list[str]]]:
    for pair in pairs.elts:
        match pair:
            case ast.Tuple(elts=[ast.Constant(value=str() as key), second]):
                strings = (node for node in ast.walk(second) if isinstance(node, ast.Constant))
                yield key, [string.value for string in strings if isinstance(string.value, str)]
