"""Options that several commands have."""

from __future__ import annotations

import argparse


def add_modules(parser: argparse.ArgumentParser) -> None:
    """Adds `--module`."""
    parser.add_argument(
        "--module",
        dest="modules",
        action="append",
        default=[],
        metavar="NAME",
        help="a module that has the class of a fixture of generated code (repeatable)",
    )
