"""The guide's three examples give what the guide shows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from parent_finder.corpus import library_files
from parent_finder.evaluation.corpus_test import CORPUS_VARIABLE

_GUIDE = Path("docs", "parents.md")


@pytest.fixture(scope="module")
def root() -> Path:
    default = os.path.join("corpus", "5.23.0")
    given = os.environ.get(CORPUS_VARIABLE)
    directory = library_files.source_root(given or (default if os.path.isdir(default) else None))
    return Path(directory).absolute()


@pytest.fixture
def guide() -> list[list[str]]:
    """The lines of each example's block, without those that are left out."""
    examples = _GUIDE.read_text().split("## Three examples\n")[1].split("\n## ")[0]
    blocks = re.findall(r"```(?:python)?\n(.*?)```", examples, re.DOTALL)
    assert len(blocks) == 3
    return [
        [line for line in block.splitlines() if line and line != "…" and line[0] != "$"]
        for block in blocks
    ]


def _ported(root: Path, model: str, directory: Path, end: str = "") -> None:
    """A model's file as a port of it under another name would look: the banner is gone too."""
    text = (root / "transformers/models" / model / f"modeling_{model}.py").read_text()
    text = text[text.index("# Copyright") :]
    text = text.replace(model.capitalize(), "Newt").replace(model, "newt")
    (directory / "modeling_newt.py").write_text(text + end)


def _modularize(root: Path, directory: Path, *options: str) -> tuple[list[str], int]:
    result = subprocess.run(
        [
            *(sys.executable, "-m", "parent_finder", "modularize", "modeling_newt.py"),
            *(f"--source-root={root}", *options),
        ],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path))},
        capture_output=True,
        text=True,
    )
    return (result.stdout + result.stderr).splitlines(), result.returncode


def _has_in_order(lines: list[str], wanted: list[str]) -> None:
    rest = iter(lines)
    for line in wanted:
        assert line in rest, f"{line!r} is not in its place in {lines}"


def test_a_copy_with_one_new_class(root: Path, guide: list[list[str]], tmp_path: Path) -> None:
    _ported(root, "arcee", tmp_path)
    lines, code = _modularize(root, tmp_path, "--parent=llama", "--output=-")
    assert code == 0, lines
    _has_in_order(lines, guide[0])
    lines, code = _modularize(root, tmp_path, "--output=-")
    assert code == 0, lines
    assert any(re.match(r"45 lines instead of 495, inheriting from arcee", line) for line in lines)


def test_one_number_more(root: Path, guide: list[list[str]], tmp_path: Path) -> None:
    _ported(root, "granite", tmp_path)
    lines, code = _modularize(root, tmp_path, "--parent=llama", "--output=-")
    assert code == 0, lines
    _has_in_order(lines, guide[1])


def test_what_does_not_come_back(root: Path, guide: list[list[str]], tmp_path: Path) -> None:
    _ported(root, "arcee", tmp_path, end="\n\nTABLE: dict = {}\n")
    lines, code = _modularize(root, tmp_path)
    assert code == 1, lines
    # The last line shown is the exit code; the next to last goes on in the guide's next line.
    written, size, *_ = guide[2]
    _has_in_order(lines, [written, size, "converting it does not give the original back:"])
    reason = next(line for line in lines if line.startswith("modeling_newt.py:498: "))
    assert reason.split(": only classes")[0] in "\n".join(guide[2])
    assert guide[2][-1] == str(code)
