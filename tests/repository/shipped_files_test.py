"""The file sets that stand for the plugin have neither the tools' tests nor their test doubles."""

from __future__ import annotations

from pathlib import Path

_SOURCES = sorted(Path("src").rglob("*.py"))


def test_there_are_sources_of_each_tool() -> None:
    tools = {path.parts[1] for path in _SOURCES}
    assert tools >= {"gpu_bench", "modular_converter", "parent_finder", "tiny_models"}


def test_no_tests_and_no_test_doubles() -> None:
    assert not [path for path in _SOURCES if path.name.endswith("_test.py")]
    assert not list(Path("src").glob("*/testing/*"))
