"""The two spellings of a model name: ``qwen2_vl`` (lower) and ``Qwen2VL`` (cased)."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")


@dataclass(frozen=True)
class NameTable:
    """Model type to configuration class name, in the order of the auto module."""

    classes: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def _types(self) -> dict[str, str]:
        return {class_name: model_type for model_type, class_name in self.classes.items()}

    def cased(self, lower: str) -> str:
        """The cased form of a lower name: from the table, else by title-casing each part."""
        known = self.classes.get(lower) or self.classes.get(lower.replace("_", "-"))
        if known is not None:
            return known.replace("Config", "")
        return "".join(part.title() for part in lower.split("_"))

    def lower(self, cased: str) -> str:
        """The lower form of a cased name: from the table, else split before each capital."""
        known = self._types.get(f"{cased}Config")
        if known is not None:
            return known
        return _CAPITAL.sub("_", cased).lower()

    def knows(self, lower: str) -> bool:
        """Whether the cased form of ``lower`` comes from the table."""
        return lower in self.classes or lower.replace("_", "-") in self.classes

    def with_entry(self, lower: str, class_name: str) -> NameTable:
        """The same table with one more model."""
        return NameTable({**self.classes, lower: class_name})


def read_name_table(sources: list[str]) -> NameTable:
    """Evaluates the assignments to ``CONFIG_MAPPING_NAMES`` in the auto module's sources.

    ``sources`` are texts in execution order (the mapping file, then the hand-written
    additions). Only literals, ``OrderedDict``/``dict`` calls and ``.update`` are understood,
    which is all these files use.
    """
    table: dict[str, str] = {}
    for source in sources:
        for statement in ast.parse(source).body:
            table = _apply(statement, table)
    return NameTable(table)


_NAME = "CONFIG_MAPPING_NAMES"


def _apply(statement: ast.stmt, table: dict[str, str]) -> dict[str, str]:
    if isinstance(statement, (ast.Assign, ast.AnnAssign)):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        if any(isinstance(t, ast.Name) and t.id == _NAME for t in targets):
            return _evaluate(statement.value, table)
    elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        call = statement.value
        function = call.func
        if (
            isinstance(function, ast.Attribute)
            and function.attr == "update"
            and isinstance(function.value, ast.Name)
            and function.value.id == _NAME
        ):
            added = dict(table)
            for argument in call.args:
                added.update(_evaluate(argument, table))
            return added
    return table


def _evaluate(node: ast.expr | None, table: dict[str, str]) -> dict[str, str]:
    result: dict[str, str] = {}
    if isinstance(node, ast.Name) and node.id == _NAME:
        result.update(table)
    elif isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:
                result.update(_evaluate(value, table))
            else:
                _put(result, key, value)
    elif isinstance(node, (ast.List, ast.Tuple)):
        for pair in node.elts:
            if isinstance(pair, ast.Tuple) and len(pair.elts) == 2:
                _put(result, pair.elts[0], pair.elts[1])
    elif isinstance(node, ast.Call):
        for argument in node.args:
            result.update(_evaluate(argument, table))
        for keyword in node.keywords:
            if keyword.arg is None:
                result.update(_evaluate(keyword.value, table))
            else:
                _put(result, ast.Constant(keyword.arg), keyword.value)
    return result


def _put(result: dict[str, str], key: ast.expr, value: ast.expr) -> None:
    if not isinstance(key, ast.Constant) or not isinstance(value, ast.Constant):
        return
    if isinstance(key.value, str) and isinstance(value.value, str):
        result[key.value] = value.value
