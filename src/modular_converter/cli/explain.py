"""The ``explain`` command: which line or item is asked for, and the answer."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys

from modular_converter.cli.job import ConversionJob, job_of_paths, job_of_request
from modular_converter.cli.options import add_parent_options
from modular_converter.diagnostics.record import ConversionError, error
from modular_converter.explain.explainer import Explainer
from modular_converter.explain.generated_file import GeneratedFile, modular_of
from modular_converter.explain.parts import explain_item
from modular_converter.explain.report import item_as_json, item_text, line_as_json, line_text
from modular_converter.library.modular_file import ModularLocation, is_modular_name, location_of
from modular_converter.library.sources import Sources

HELP = "say where a line or class of a generated file comes from"
DESCRIPTION = (
    "Follows a line of a generated file to the modular or parent file that it was taken from, "
    "through every generation of parents, with the renames applied."
)
_TARGET = re.compile(r"(?P<file>.+?\.py):(?:(?P<line>\d+)(?::\d+)?|(?P<item>[^\W\d][\w.]*))")
_NO = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument(
        "target",
        metavar="FILE:LINE",
        help="a line of a generated file; also FILE:Class or FILE:Class.method",
    )
    parser.add_argument(
        "--request", metavar="FILE", help="JSON request that says where parents are"
    )
    add_parent_options(parser, "what paths in banners are relative to (default: here)")
    parser.add_argument("--json", action="store_true", help="print the answer as JSON")


def run(options: argparse.Namespace) -> int:
    """Explains the target; returns 0, or 1 when its line is not in a fresh conversion.

    Raises ConversionError when the file is not generated or has no such line or item.
    """
    modular = _modular_behind(options.target)
    if options.request:
        job = job_of_request(options.request)
    else:
        job = job_of_paths(
            [modular],
            root=options.root,
            search_path=options.search_path,
            profile=options.profile,
            corrections=options.corrections,
        )
    return _explain(options.target, job, as_json=options.json)


def _modular_behind(target: str) -> str:
    """The modular file whose output ``FILE:LINE`` or ``FILE:Class`` names.

    Raises ConversionError when the file is not generated.
    """
    name = _split(target)["file"]
    path = os.path.abspath(name)
    modular = modular_of(path, Sources())
    if modular is None:
        raise _not_generated(path, name)
    return modular[0]


def _explain(target: str, job: ConversionJob, *, as_json: bool) -> int:
    context, installed = job.context, job.installed

    def locate(path: str) -> ModularLocation:
        return location_of(path, job.root, context.search_roots)

    match = _split(target)
    path = os.path.abspath(match["file"])
    explainer = Explainer(context, locate)
    file = explainer.file(path)
    if file is None:
        raise _not_generated(path, match["file"])
    if file.disk is None:
        _warn(f"{file.label} is not there yet; lines are those of a fresh conversion")
    elif file.is_stale:
        modular = context.sources.label(file.conversion.location.path)
        _warn(f"{file.label} is stale: it differs from what {modular} generates now")
    if match["item"]:
        answer = explain_item(explainer, file, match["item"])
        rendered = item_as_json(answer, file) if as_json else item_text(answer, file, installed)
    else:
        line = _fresh_line(file, int(match["line"]))
        if line is None:
            return _NO
        explained = explainer.line(file, line)
        rendered = (
            line_as_json(explained, file) if as_json else line_text(explained, file, installed)
        )
    if as_json:
        json.dump(rendered, sys.stdout, indent=1, ensure_ascii=False)
        print()
    else:
        print(rendered)
    return 0


def _split(target: str) -> re.Match[str]:
    match = _TARGET.fullmatch(target)
    if match is None:
        raise error(
            "bad-target",
            "",
            f"`{target}` does not say which line or class to explain",
            hint="give FILE:LINE, FILE:Class or FILE:Class.method",
        )
    return match


def _fresh_line(file: GeneratedFile, line: int) -> int | None:
    """The asked line in the fresh text; None, with a message, when it is not there."""
    current = file.lines if file.disk is None else file.disk.split("\n")
    count = len(current) - (file.disk is not None and current[-1] == "")
    if not 0 < line <= count:
        raise error(
            "no-such-line",
            file.label,
            f"the file has {count} lines, there is no line {line}",
            hint="check the number of the line",
        )
    fresh = file.fresh_line(line)
    if fresh is None:
        modular = file.sources.label(file.conversion.location.path)
        print(
            f"{file.label}:{line}: this line is not in what {modular} generates now: "
            f"`{current[line - 1].strip()}`\n"
            "hint: bring the file up to date, then ask again",
            file=sys.stderr,
        )
    elif fresh != line:
        _warn(f"line {line} is line {fresh} of a fresh conversion, which is explained")
    return fresh


def _warn(message: str) -> None:
    print(f"warning: {message}", file=sys.stderr)


def _not_generated(path: str, name: str) -> ConversionError:
    if not os.path.isfile(path):
        return error(
            "no-such-file", name, "there is no such file", hint="check the spelling of the path"
        )
    if is_modular_name(os.path.basename(path)):
        return error(
            "not-generated",
            name,
            "modular files are written by hand",
            hint="ask about a file that is generated from it",
        )
    return error(
        "not-generated",
        name,
        "the file is not generated: no modular file beside it gives it",
        hint="edit the file itself",
    )
