"""Every command of a tool that the project documents or prints is one that the tool takes.

Also those that are not run here, for want of a GPU or a hub.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from unittest.mock import patch

import pytest
from docs.commands.command_lines import CommandLine, command_lines, is_placeholder, project_files
from docs.generator.tools import commands, parsers

_ROOT = Path.cwd()
_PARSERS = parsers()


def _arguments(line: CommandLine) -> tuple[str, ...] | None:
    """The tool and its arguments; None if the line is another program's or names no command."""
    words = line.words
    if words[0].startswith("python") and words[1] == "-m":
        words = words[2:]
    return words if len(words) > 1 and words[0] in _PARSERS else None


_LINES = [
    line
    for path in project_files(_ROOT)
    for line in command_lines(path, _ROOT)
    if _arguments(line) is not None
]


def _problem(line: CommandLine) -> str:
    """What the tool has against a line; empty if nothing."""
    tool, command, *arguments = _arguments(line) or ()
    if is_placeholder(command):
        return ""
    parser = commands(_PARSERS[tool]).get(command)
    if parser is None:
        # An option may be named with its tool alone.
        named = command.startswith("--") and not line.is_whole
        if named and any(_is_known(command, each) for each in commands(_PARSERS[tool]).values()):
            return ""
        return f"{tool} has no command {command}"
    if "--" in arguments:
        del arguments[arguments.index("--") :]
    unknown = [option for option in map(_option, arguments) if not _is_known(option, parser)]
    if unknown:
        return f"{tool} {command} has no option {unknown[0]}"
    if line.is_whole and not any(map(is_placeholder, arguments)):
        return _refusal(parser, arguments)
    return ""


def _option(argument: str) -> str:
    return argument.partition("=")[0]


def _is_known(option: str, parser: argparse.ArgumentParser) -> bool:
    return not option.startswith("--") or option in parser._option_string_actions


def _refusal(parser: argparse.ArgumentParser, arguments: list[str]) -> str:
    with patch.object(parser, "error", _raise):
        try:
            parser.parse_args(arguments)
        except ValueError as error:
            return str(error)
    return ""


def _raise(message: str) -> None:
    raise ValueError(message)


@pytest.mark.parametrize("line", _LINES, ids=str)
def test_each_tool_understands_its_command(line: CommandLine) -> None:
    assert _problem(line) == ""


def test_pages_messages_and_help_are_read() -> None:
    places = {line.place.split(":")[0] for line in _LINES}
    message = "src/tiny_models/transformers_api/catalogue.py"
    assert {"docs/without-pants.md", message, "CHANGELOG.md"} <= places


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        ("python -m gpu_bench compare --no-such-option a b", "has no option --no-such-option"),
        ("gpu_bench measure", "gpu_bench has no command measure"),
        ("python -m modular_converter explain", "required"),
        ("python -m parent_finder rank modeling_x.py --top=many", "many"),
    ],
)
def test_what_a_tool_refuses_is_found(command: str, problem: str) -> None:
    assert problem in _problem(CommandLine("here", tuple(command.split()), is_whole=True))
