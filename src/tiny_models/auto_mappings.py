"""The model classes of a model type, read from transformers' source without importing it.

The graph asks for them before anything is built.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tiny_models.catalogue import near
from tiny_models.errors import InputError

_MAPPING = re.compile(r"MODEL_.*NAMES")


def architectures_in(source: str, model_type: str, *, path: str) -> list[str]:
    """The model classes that the auto mappings name for ``model_type``, sorted.

    ``source`` is the text of ``transformers/models/auto/modeling_auto.py``, which lies at
    ``path``. Raises InputError, with near names, where there are none.
    """
    classes: dict[str, set[str]] = {}
    for key, names in _entries(parsed(source, path=path)):
        classes.setdefault(key, set()).update(names)
    if model_type not in classes:
        raise InputError(
            f"the Auto classes have no model class of `{model_type}`",
            place=path,
            hint=near(model_type, classes),
        )
    return sorted(classes[model_type])


def parsed(source: str, *, path: str) -> ast.Module:
    """The syntax tree of a file of transformers, which lies at ``path``. Raises InputError."""
    try:
        return ast.parse(source)
    except SyntaxError as error:
        raise InputError(
            f"not readable as Python: {error.msg}",
            place=f"{path}:{error.lineno}:{error.offset}",
            hint="name a file of an intact transformers",
        ) from error


def _entries(tree: ast.Module) -> Iterator[tuple[str, list[str]]]:
    """(model type, class names) of every entry of a mapping `NAME = OrderedDict([...])`."""
    for statement in tree.body:
        match statement:
            case ast.Assign(
                targets=[ast.Name(id=name)], value=ast.Call(args=[ast.List(elts=entries)])
            ) if _MAPPING.fullmatch(name):
                # `*list(OTHER.items())` repeats another mapping, which is read by itself.
                for entry in filter(lambda each: isinstance(each, ast.Tuple), entries):
                    key, names = ast.literal_eval(entry)
                    yield key, [names] if isinstance(names, str) else list(names)
