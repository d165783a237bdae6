"""The folders of the tool are layers: a module imports from its own folder and from lower ones."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

TOOL = Path(__file__).parent
# Lowest first. The modules beside the folders come next; `testing` may import everything.
LAYERS = (
    "core",
    "request",
    "device",
    "models",
    "measure",
    "results",
    "judge",
    "report",
    "cli",
    "",
    "testing",
)
SOURCES = {
    ".".join(path.relative_to(TOOL.parent).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(TOOL.rglob("*.py"))
    if not path.name.endswith(("_test.py", "conftest.py"))
}


def layer(module: str) -> int:
    """The index in LAYERS of a module's folder."""
    path = SOURCES[module].relative_to(TOOL)
    return LAYERS.index(path.parts[0] if len(path.parts) > 1 else "")


def imports(module: str) -> Iterator[tuple[int, str]]:
    """The line and name of each module of the tool that a module imports, wherever in its text."""
    for node in ast.walk(ast.parse(SOURCES[module].read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}:{node.lineno}: a relative import"
            submodules = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if name in SOURCES else str(node.module) for name in submodules]
        for name in names:
            if name.split(".")[0] == TOOL.name:
                yield node.lineno, name


def test_every_folder_has_its_layer() -> None:
    folders = {path.relative_to(TOOL).parts[0] for path in SOURCES.values() if path.parent != TOOL}
    assert folders == {*LAYERS} - {""}


@pytest.mark.parametrize("module", SOURCES)
def test_nothing_imports_upwards(module: str) -> None:
    upwards = [
        f"line {line}: {imported}"
        for line, imported in imports(module)
        if layer(imported) > layer(module)
    ]
    assert not upwards


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {module: {imported for _, imported in imports(module)} for module in SOURCES}
    TopologicalSorter(graph).prepare()
