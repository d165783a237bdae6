"""`copies`: the classes of standalone files that are copies of a known class."""

from __future__ import annotations

import argparse
import json
import sys

from parent_finder.cli import arguments
from toolkit.errors import InputError
from toolkit.exit_codes import ExitCode

HELP = "find the classes of standalone files that are copies of a known class"
DESCRIPTION = (
    "Names each class whose code equals that of another model's class, so that it can be "
    "inherited. Generated files are skipped."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="Python files of models")
    parser.add_argument("--json", action="store_true", help="print JSON instead of lines")
    arguments.add_index(parser)
    arguments.add_more_models(parser)
    arguments.add_library(parser)


def run(options: argparse.Namespace) -> int:
    """Prints the copies; returns the exit code. Raises ToolError."""
    from parent_finder.cli import inputs
    from parent_finder.ranking import copies

    library = inputs.library(options)
    reports, problems = [], []
    for path in options.files:
        try:
            reports.append(copies.copies_in(library, inputs.content(path), path))
        except InputError as problem:
            problems.append(problem)
    if options.json:
        print(json.dumps(copies.as_json(reports), indent=2, ensure_ascii=False))
    else:
        sys.stdout.write(copies.as_text(reports))
    sys.stdout.flush()
    for refusal in problems:
        print(refusal.render(), file=sys.stderr)
    if problems:
        return ExitCode.WRONG_INPUT
    return ExitCode.ANSWER_IS_NO if any(file.copies for file in reports) else ExitCode.DONE
