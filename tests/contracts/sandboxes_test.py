"""A sandbox has what its command imports: the table of the rules is compared with the imports."""

from __future__ import annotations

import ast
import re
import runpy
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

_SOURCES = Path("src")
_COMMANDS = runpy.run_path("rules/rules_transformers/util_rules/tool_commands.py")["COMMANDS"]
_NOT_SHIPPED = ("testing",)


def _module(path: Path) -> str:
    return ".".join(path.relative_to(_SOURCES).with_suffix("").parts).removesuffix(".__init__")


_PATHS = {
    _module(path): path
    for path in sorted(_SOURCES.rglob("*.py"))
    if not path.name.endswith(("_test.py", "conftest.py"))
}


@cache
def _imported(module: str) -> frozenset[str]:
    """The modules of the tools that a module imports when it is run, wherever in its text.

    Modules that a string names are started by their names.
    """
    names: set[str] = set()
    for node in _nodes(ast.parse(_PATHS[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.update((str(node.module), *(f"{node.module}.{a.name}" for a in node.names)))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names.update(re.findall(r"(?:from|import|-m) ([a-z_]+\.[a-z_.]+)", node.value))
    return frozenset(names & _PATHS.keys())


def _data(module: str) -> set[Path]:
    """The files of data that a module names, relative to its tool."""
    tool = _SOURCES / module.partition(".")[0]
    return {
        tool / node.value
        for node in _nodes(ast.parse(_PATHS[module].read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch(r"[a-z_]+/[a-z_]+\.json", node.value)
    }


def _nodes(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes below, less docstrings and what only a type checker reads."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            continue
        if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
            continue
        yield child
        yield from _nodes(child)


def _closure(command: Any) -> set[Path]:
    """The files of what a command imports, with those of the packages that they are in."""
    tool = command.tool
    found: set[str] = set()
    waiting = [f"{tool}.__main__", f"{tool}.cli.main", f"{tool}.cli.{command.name}"]
    while waiting:
        module = waiting.pop()
        if module in _PATHS and module not in found:
            found.add(module)
            waiting += [module.rpartition(".")[0], *_imported(module)]
    return {path for module in found for path in (_PATHS[module], *_data(module))}


def _files(part: str) -> set[Path]:
    path = _SOURCES / part
    if path.suffix == ".py":
        return {path}
    return {
        file
        for file in path.rglob("*")
        if file.suffix in {".py", ".json", ".jinja"}
        and not file.name.endswith(("_test.py", "conftest.py"))
        and file.relative_to(_SOURCES).parts[1] not in _NOT_SHIPPED
    }


def _sandbox(command: Any) -> set[Path]:
    """The files of a command's parts, with the `__init__.py` of the folders that they are in."""
    files = set().union(*map(_files, command.all_parts))
    parents = {folder / "__init__.py" for file in files for folder in file.parents}
    return files | {path for path in parents if path in _PATHS.values()}


_each_command = pytest.mark.parametrize(
    "command", _COMMANDS, ids=lambda command: f"{command.tool}-{command.name}"
)


@_each_command
def test_parts_exist(command: Any) -> None:
    assert [part for part in command.all_parts if not (_SOURCES / part).exists()] == []
    assert len(set(command.all_parts)) == len(command.all_parts)


@_each_command
def test_a_sandbox_has_what_its_command_imports(command: Any) -> None:
    closure = _closure(command)
    assert len(closure) > 5
    assert sorted(map(str, closure - _sandbox(command))) == []


@_each_command
def test_a_sandbox_has_no_part_that_its_command_does_not_import(command: Any) -> None:
    closure = _closure(command)
    assert [part for part in command.parts if not _files(part) & closure] == []


def test_no_sandbox_has_test_doubles() -> None:
    for command in _COMMANDS:
        assert not [path for path in _sandbox(command) if path.parts[2] in _NOT_SHIPPED]
