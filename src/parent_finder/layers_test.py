"""The order of the tool's folders: a module imports from its own folder and from earlier ones."""

from __future__ import annotations

import ast
import graphlib
from pathlib import Path

import pytest

_TOOL = Path(__file__).parent

# Lowest first. `testing` comes last, so that nothing but tests imports it.
_LAYERS = ("core", "corpus", "ranking", "modularize", "evaluation", "cli", "testing")


def _modules() -> dict[str, Path]:
    """The files of the tool by module name; tests are left out, as they may import anything."""
    paths = (path for path in _TOOL.rglob("*.py") if not path.name.endswith("_test.py"))
    return {_name(path): path for path in paths if path.name != "conftest.py"}


def _name(path: Path) -> str:
    parts = path.relative_to(_TOOL.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _folder(module: str) -> str:
    """The folder of a module; empty for the modules beside the folders."""
    below = module.split(".")[1:]
    return below[0] if below and (_TOOL / below[0]).is_dir() else ""


def _imports(path: Path, modules: dict[str, Path]) -> set[str]:
    """The tool's modules that a file imports, also in functions and for type checking."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}:{node.lineno}: write the import with the tool's name"
            members = {f"{node.module}.{alias.name}" for alias in node.names}
            submodules = members & modules.keys()
            names |= submodules if submodules == members else {*submodules, str(node.module)}
    return {name for name in names if name.partition(".")[0] == _TOOL.name}


@pytest.fixture(scope="module")
def graph() -> dict[str, set[str]]:
    """Each module of the tool with those that it imports."""
    modules = _modules()
    return {name: _imports(path, modules) for name, path in modules.items()}


def test_every_folder_has_its_place() -> None:
    names = _modules()
    assert {_folder(name) for name in names} == {"", *_LAYERS}
    beside = {name for name in names if not _folder(name)}
    assert beside == {_TOOL.name, f"{_TOOL.name}.__main__"}, "put modules into folders"


def test_nothing_imports_upwards(graph: dict[str, set[str]]) -> None:
    height = {folder: number for number, folder in enumerate((*_LAYERS, ""))}
    upwards = [
        f"{module} imports {imported}"
        for module, imports in sorted(graph.items())
        for imported in sorted(imports)
        if height[_folder(module)] < height[_folder(imported)]
    ]
    assert upwards == []
    assert any(graph.values()), "no import was found"


def test_no_module_imports_itself_through_others(graph: dict[str, set[str]]) -> None:
    graphlib.TopologicalSorter(graph).prepare()
