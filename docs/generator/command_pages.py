"""The tools' command lines and exit codes, from their argument parsers."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from docs.generator.markdown import code, page, prose, table
from docs.generator.tools import commands, parsers

_EXIT_CODES = "Exit codes: "


def commands_page() -> str:
    """Each command with its arguments."""
    return page(
        "Command lines",
        "The tools run without Pants: [how to get them](../without-pants.md). What is printed for "
        "people or programs to read goes to stdout, messages go to stderr.",
        *(block for name, top in parsers().items() for block in _tool(name, top)),
    )


def _tool(name: str, top: argparse.ArgumentParser) -> Iterator[str]:
    yield f"## `{name}`"
    yield top.description or ""
    for command, parser in commands(top).items():
        yield f"### `{name} {command}`"
        yield prose(parser.description or "")
        rows = [_argument(action) for action in parser._actions if action.dest != "help"]
        if rows:
            yield table(("argument", ""), rows)


def _argument(action: argparse.Action) -> tuple[str, str]:
    value = action.metavar or ("|".join(action.choices) if action.choices else None)
    if action.option_strings:
        flag = action.option_strings[-1]
        name = flag if action.nargs == 0 else f"{flag}={value}"
    else:
        name = f"{value or action.dest}{'…' if action.nargs in ('+', '*') else ''}"
    text = (action.help or "") % {"default": action.default}
    if action.option_strings and action.required:
        text = f"{text} (required)".lstrip()
    return code(name), text


def exit_codes_page() -> str:
    """What each number means, in all and for each tool."""
    rows = []
    for name, top in parsers().items():
        rows.append((code(name), _exit_codes(top.epilog)))
        for command, parser in commands(top).items():
            own = _exit_codes(parser.epilog)
            if own != _exit_codes(top.epilog):
                rows.append((code(f"{name} {command}"), own))
    return page(
        "Exit codes",
        "The same for every tool and for the goals of the backends:",
        table(
            ("code", "meaning"),
            (
                ("0", "done"),
                ("1", "the answer is no: stale, slower, not found, damaged, not proven"),
                ("2", "the input is wrong; the message says where, and how to fix it"),
                ("3", "the environment lacks something: an accelerator, a package, an answer"),
                ("4", "it could not be decided"),
                ("130", "interrupted"),
                ("141", "the reader of the output went away, as with `| head`"),
            ),
        ),
        "A goal that runs a tool for several targets does its work for all of them and ends with "
        "the highest code. What Pants itself refuses (an unknown field, a combination that a "
        "target rejects, a finding of `lint`, a test that fails) ends in Pants' own 1. So "
        "`generate` ends in 3 where a file could not be written, and `test` in 3 where "
        "`--gpu-bench-require-accelerator` found no accelerator, and in 4 where "
        "`--gpu-bench-strict` met an inconclusive verdict.",
        "## What the tools say",
        table(("command", ""), rows),
    )


def _exit_codes(text: str | None) -> str:
    return (text or "").removeprefix(_EXIT_CODES)
