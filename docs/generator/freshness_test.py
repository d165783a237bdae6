"""The reference says of the tools what they say of themselves.

That of targets and options is compared by `tests/end_to_end/quick_start_test.py`, which has Pants.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from docs.generator.markdown import prose, table
from docs.generator.pages import tool_pages

_PAGES = tool_pages()


@pytest.mark.parametrize("path", _PAGES)
def test_page_is_fresh(path: str) -> None:
    assert Path(path).read_text() == _PAGES[path], "see CONTRIBUTING.md"


def test_every_tool_and_schema_is_there() -> None:
    commands = _PAGES["docs/reference/command-lines.md"]
    for command in (
        "modular_converter convert",
        "tiny_models build",
        "gpu_bench compare",
        "parent_finder rank",
    ):
        assert f"### `{command}`" in commands
    schemas = list(Path("src").glob("*/schemas/*.json"))
    assert _PAGES["docs/reference/json-files.md"].count("\n## ") == len(schemas) > 10


def test_cells_stay_in_their_row() -> None:
    assert table(("a",), [("x|y\nz",)]) == "| a |\n| --- |\n| x\\|y z |"


def test_indented_help_becomes_a_block() -> None:
    assert prose("One\ntwo.\n\n    f(\n        1)\n\n    g()") == (
        "One two.\n\n```python\nf(\n    1)\n\ng()\n```"
    )
