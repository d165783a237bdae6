"""Where commands are found, and what of a line of shell is a command."""

from __future__ import annotations

from pathlib import Path

import pytest
from docs.commands.command_lines import VALUE, command_lines, is_placeholder, simple_commands


def _lines(root: Path, name: str, text: str) -> list[tuple[str, str, bool]]:
    path = root / name
    path.write_text(text)
    return [(line.place, " ".join(line.words), line.is_whole) for line in command_lines(path, root)]


def test_a_page_has_blocks_and_text(tmp_path: Path) -> None:
    page = "Run `pants\nlint ::`:\n\n```sh\npants test \\\n  ::\n```\n"
    assert _lines(tmp_path, "a.md", page) == [
        ("a.md:4", "pants test ::", True),
        ("a.md:1", "pants lint ::", False),
    ]


def test_strings_have_their_values(tmp_path: Path) -> None:
    source = """
def hint(path):
    print(
        f"error: {path}\\n"
        f"hint: `{bin_name()} generate {path}`"
    )
    return f"--baseline-command={bin_name()} test ::"
"""
    assert _lines(tmp_path, "a.py", source) == [
        ("a.py:4", f"pants generate {VALUE}", False),
        ("a.py:7", "pants test ::", True),
    ]


def test_a_usage_in_a_docstring_is_a_line_and_a_sentence_is_none(tmp_path: Path) -> None:
    source = '"""Writes:\n\n    ./pants help-all | sort\n    ./pants does the rest.\n"""\n'
    assert _lines(tmp_path, "a.py", source) == [("a.py:1", "./pants help-all", True)]


def test_steps_of_workflows(tmp_path: Path) -> None:
    steps = """
- name: a
  run: "pants test ::"
- run: >-
    pants lint
    check ::
- name: b
"""
    commands = [command for _, command, _ in _lines(tmp_path, "a.yml", steps)]
    assert "pants test ::" in commands
    assert "pants lint check ::" in commands


def test_each_line_of_a_script_in_a_workflow_is_a_command(tmp_path: Path) -> None:
    steps = "- run: |\n    set -eu\n    ls a && pants test ::\n- name: b\n"
    places = {command: place for place, command, _ in _lines(tmp_path, "a.yml", steps)}
    assert places["set -eu"] == "a.yml:2"
    assert places["pants test ::"] == "a.yml:3"


def test_comments_of_build_files(tmp_path: Path) -> None:
    assert _lines(tmp_path, "BUILD", "# By `pants --tag=x test\n# ::`.\nfiles()\n") == [
        ("BUILD:1", "pants --tag=x test ::", False)
    ]


@pytest.mark.parametrize(
    ("line", "commands"),
    [
        ("pants test ::  # all", ["pants test ::"]),
        ("pants generate :: 2>&1 | grep x > out", ["pants generate ::", "grep x"]),
        ("A=1 pants test :: && echo $?", ["pants test ::", "echo $?"]),
        ("pants list a:b#c", ["pants list a:b#c"]),
        ("the user's", []),
    ],
)
def test_a_line_of_shell_is_taken_apart(line: str, commands: list[str]) -> None:
    assert [" ".join(words) for words in simple_commands(line)] == commands


@pytest.mark.parametrize("word", ["FILE", "FILE…", "K", VALUE, "OUT_DIR", "…"])
def test_placeholders(word: str) -> None:
    assert is_placeholder(word)


@pytest.mark.parametrize("word", ["file", "::", "--check", "a:B"])
def test_other_words_are_none(word: str) -> None:
    assert not is_placeholder(word)
