"""`index`: reads a library once, for the other commands."""

from __future__ import annotations

import argparse
import sys

from parent_finder.cli import arguments
from toolkit.exit_codes import ExitCode

HELP = "read a library once, into one file that the other commands take"
DESCRIPTION = (
    "Writes the index of a library, which `rank`, `modularize` and `copies` take with --index. It "
    "is the same for the same sources, wherever it is built."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument("--output", required=True, metavar="FILE", help="where to write the index")
    arguments.add_library(parser)


def run(options: argparse.Namespace) -> int:
    """Writes the index; returns the exit code. Raises ToolError."""
    from parent_finder.cli import inputs
    from parent_finder.corpus import index

    opened = inputs.opened(options)
    index.save(options.output, opened.index)
    classes = len(opened.index.tables["class"].units)
    cached = opened.files - opened.files_read
    print(
        f"{options.output}: {classes} classes of {len(opened.index.paths)} files; "
        f"{opened.files_read} files read, {cached} from the cache",
        file=sys.stderr,
    )
    return ExitCode.DONE
