"""Imports go downwards: a module imports from its own folder and from those named before it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from importlib.util import resolve_name
from pathlib import Path

TOOL = Path(__file__).parent
LAYERS = (
    "diagnostics",
    "conventions",
    "syntax",
    "names",
    "library",
    "parents",
    "merge",
    "lint",
    "emit",
    "convert",
    "inheritance",
    "explain",
    "cli",
    "__main__",
)


def _module(path: Path) -> str:
    parts = path.relative_to(TOOL.parent).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


MODULES = {
    _module(path): path
    for path in sorted(TOOL.rglob("*.py"))
    if not path.name.endswith(("_test.py", "conftest.py"))
}


def _imported(module: str, path: Path) -> Iterator[str]:
    """What a file imports of the tool, also inside functions and for the type checker only."""
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            origin = resolve_name("." * node.level + (node.module or ""), package)
            members = [f"{origin}.{alias.name}" for alias in node.names]
            names = [member if member in MODULES else origin for member in members]
        yield from (name for name in names if name.split(".")[0] == TOOL.name)


IMPORTS = {module: set(_imported(module, path)) for module, path in MODULES.items()}


def _layer(module: str) -> int:
    """The position of a module's folder; -1 for the tool's `__init__`, which all may import."""
    parts = module.split(".")
    return LAYERS.index(parts[1]) if len(parts) > 1 else -1


def test_every_folder_has_a_place_in_the_order() -> None:
    assert {module.split(".")[1] for module in MODULES if "." in module} == set(LAYERS)
    assert set().union(*IMPORTS.values()) <= set(MODULES)


def test_nothing_imports_upwards() -> None:
    upwards = [
        f"{module} imports {target}"
        for module, targets in IMPORTS.items()
        for target in sorted(targets)
        if _layer(target) > _layer(module)
    ]
    assert upwards == []


def test_no_module_imports_itself_through_others() -> None:
    """CycleError names the modules of a circle."""
    TopologicalSorter(IMPORTS).prepare()


def test_packages_import_nothing() -> None:
    """What an `__init__` imports would be loaded by each process that needs one of its modules."""
    packages = [module for module, path in MODULES.items() if path.name == "__init__.py"]
    assert [module for module in packages if IMPORTS[module]] == []
