"""Folders are layers, in tools and rules: a module imports from its own and from lower ones."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

_SOURCES = Path("src")
_RULES = "rules_transformers"
# Lowest first. In a tool, above all but `testing` are the modules beside the folders.
_LAYERS = {
    # What stands beside its folders is what several backends share.
    _RULES: (
        *(
            "",
            "util_rules",
            "observability",
            "modular",
            "tiny_fixtures",
            "gpu_benchmark",
            "parents",
        ),
        *("testutil", "benchmark", "fixtures", "similarity"),
    ),
    "gpu_bench": (
        *("core", "request", "device", "models", "measure", "results", "judge", "report", "cli"),
        *("", "testing"),
    ),
    "modular_converter": (
        *("diagnostics", "conventions", "syntax", "names", "library", "parents", "merge", "lint"),
        *("emit", "convert", "inheritance", "explain", "conformance", "cli", "", "testing"),
    ),
    "parent_finder": (
        *("core", "corpus", "ranking", "modularize", "evaluation", "cli", "", "testing"),
    ),
    "tiny_models": (
        *("core", "transformers_api", "vocabulary", "weights", "inputs", "families", "config"),
        *("checks", "fitting", "request", "repository", "tokenizers", "processors", "formats"),
        *("fixture", "runtime", "hub", "coverage", "cli", "", "testing"),
    ),
}


class Tool:
    """The modules of a tool, and what they import of each other."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.layers = _LAYERS[name]
        self.directory = Path("rules" if name == _RULES else _SOURCES, name)
        self.paths = {
            _module(path): path
            for path in sorted(self.directory.rglob("*.py"))
            if not path.name.endswith("_test.py") and path.name != "conftest.py"
        }

    def folder(self, module: str) -> str:
        """The folder of a module; empty for the modules beside the folders."""
        parts = self.paths[module].relative_to(self.directory).parts
        return parts[0] if len(parts) > 1 else ""

    def imports(self, module: str) -> Iterator[tuple[int, str]]:
        """Line and name of each module of the tool that a module imports, wherever in its text."""
        for node in ast.walk(ast.parse(self.paths[module].read_text(encoding="utf-8"))):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{module}:{node.lineno}: a relative import"
                members = [f"{node.module}.{alias.name}" for alias in node.names]
                names = [name if name in self.paths else str(node.module) for name in members]
            for name in names:
                # The package by itself says nothing but its own docstring.
                if name.startswith(f"{self.name}."):
                    yield node.lineno, name


def _module(path: Path) -> str:
    return ".".join(path.with_suffix("").parts[1:]).removesuffix(".__init__")


_each_tool = pytest.mark.parametrize("tool", [Tool(name) for name in _LAYERS], ids=list(_LAYERS))


@_each_tool
def test_every_folder_has_its_layer(tool: Tool) -> None:
    assert len(tool.paths) > 20
    assert {tool.folder(module) for module in tool.paths} == set(tool.layers)


@_each_tool
def test_only_starting_points_stand_beside_the_folders(tool: Tool) -> None:
    beside = {path.name for module, path in tool.paths.items() if not tool.folder(module)}
    others = ("renamed_backend.py", "target_types.py") if tool.name == _RULES else ("__main__.py",)
    assert beside == {"__init__.py", *others}


@_each_tool
def test_nothing_imports_upwards(tool: Tool) -> None:
    position = {folder: index for index, folder in enumerate(tool.layers)}
    upwards = [
        f"{tool.paths[module]}:{line}: {imported}"
        for module in tool.paths
        for line, imported in tool.imports(module)
        if position[tool.folder(imported)] > position[tool.folder(module)]
    ]
    assert upwards == []


@_each_tool
def test_no_modules_import_each_other_in_a_circle(tool: Tool) -> None:
    """CycleError names the modules of a circle."""
    imported = {module: {name for _, name in tool.imports(module)} for module in tool.paths}
    assert set().union(*imported.values()) <= set(tool.paths)
    TopologicalSorter(imported).prepare()


_CONTRACT = "rules_transformers_contract"


@pytest.mark.parametrize(
    ("package", "others"), [(_CONTRACT, set()), ("toolkit", {_CONTRACT})], ids=str
)
def test_what_all_tools_import_needs_no_package(package: str, others: set[str]) -> None:
    imported = _imported_packages(_SOURCES / package)
    assert imported <= {package, *others, *sys.stdlib_module_names}
    # The names were read at all.
    assert {"__future__", *others} <= imported


def test_rules_import_of_the_tools_what_both_agree_on() -> None:
    imported = _imported_packages(Path("rules/rules_transformers"))
    tools = {path.name for path in _SOURCES.iterdir() if path.is_dir()}
    assert imported & tools == {_CONTRACT}


def _imported_packages(directory: Path) -> set[str]:
    return {
        name.split(".")[0]
        for path in directory.rglob("*.py")
        if not path.name.endswith("_test.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in _imported_modules(node)
    }


def _imported_modules(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [str(node.module)] if isinstance(node, ast.ImportFrom) else []
