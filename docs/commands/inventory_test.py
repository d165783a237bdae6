"""Every shell command of the documentation is run by a test, or says why it is not."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from docs.commands.page import Commands, Printed, blocks

_ROOT = Path.cwd()
_PAGES = sorted(
    path
    for path in [
        *_ROOT.glob("*.md"),
        *_ROOT.glob("docs/**/*.md"),
        *_ROOT.glob("findings/*.md"),
        *_ROOT.glob("models/*.md"),
        *_ROOT.glob("3rdparty/**/*.md"),
    ]
)
_BLOCKS = [
    block
    for page in _PAGES
    for block in blocks(page, _ROOT)
    if isinstance(block, Commands)
]  # fmt: skip
_OPTION = re.compile(r"(?<!\S)--[a-z][a-z-]+")
_PANTS = re.compile(r"(?:\./)?pants((?: -\S+)*) ([a-z-]+)")


def _id(block: Commands) -> str:
    return block.place


def test_the_pages_are_found() -> None:
    assert len(_PAGES) > 25
    assert len(_BLOCKS) > 30


@pytest.mark.parametrize("block", _BLOCKS, ids=_id)
def test_each_block_is_accounted_for(block: Commands) -> None:
    kind, _, rest = block.marker.partition(" ")
    assert kind, (
        f"{block.place}: say before the block what becomes of it; see docs/commands/page.py"
    )
    if kind == "run":
        path = rest.removeprefix("by ")
        assert f'"{Path(block.page).name}"' in (_ROOT / path).read_text(), (
            f"{path} runs no such page"
        )
    elif kind == "like":
        known = ""
        for test in rest.split(" and "):
            path, _, name = test.partition("::")
            source = (_ROOT / path).read_text()
            assert _defines(source, name), f"{path} has no test {name}"
            known += source + _run_pages(source)
        missing = [word for word in _words(block) if word not in known]
        assert not missing, f"{rest} does not have {missing}"
    else:
        reason = rest.removeprefix("run: ")
        assert len(reason.split()) >= 3, f"{block.place}: give a reason"


@pytest.mark.parametrize("page", _PAGES, ids=str)
def test_what_is_shown_as_printed_is_compared(page: Path) -> None:
    before: Commands | None = None
    for block in blocks(page, _ROOT):
        if isinstance(block, Commands):
            before = block
        elif isinstance(block, Printed):
            assert before is not None, f"{page}: no command prints {block.lines}"
            assert before.marker.startswith("run by "), f"{before.place}: nothing compares {block}"


def _defines(source: str, name: str) -> bool:
    return any(
        isinstance(node, ast.FunctionDef) and node.name == name and name.startswith("test_")
        for node in ast.walk(ast.parse(source))
    )


def _run_pages(source: str) -> str:
    """The text of the pages that a test runs."""
    names = [page for page in _PAGES if f'"{page.name}"' in source]
    return "".join(page.read_text() for page in names)


def _words(block: Commands) -> set[str]:
    """What a test that runs the same commands must have too: goals, commands and options."""
    words = set()
    for line in block.lines:
        words.update(_OPTION.findall(line))
        words.update(goal for _, goal in _PANTS.findall(line))
        words.update(re.findall(r"python -m (?:\w+) ([a-z]+)", line))
    return words
