"""Options that several commands share."""

from __future__ import annotations

import argparse


def add_parent_options(command: argparse.ArgumentParser, root_help: str = "") -> None:
    """The options that say where parents are and by which rules they are read."""
    command.add_argument(
        "--search-path",
        action="append",
        default=[],
        metavar="DIR",
        help="directory that packages of parents begin in (repeatable)",
    )
    command.add_argument(
        "--root",
        metavar="DIR",
        default=".",
        help=root_help
        or "what paths in banners and under --output-dir are relative to (default: here)",
    )
    command.add_argument(
        "--profile",
        metavar="NAME|FILE",
        help="rules of a release family, or a profile file that `conformance` has written "
        "(default: by the version of the parents)",
    )
    command.add_argument(
        "--corrections",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="correct output that transformers' converter writes so that it cannot work: order of "
        "classes, bases, arguments of `super()` (default: not for models of transformers itself)",
    )
