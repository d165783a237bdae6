"""Arguments that several commands take."""

from __future__ import annotations

import argparse


def positive(text: str) -> int:
    """A whole number of at least 1. Raises ArgumentTypeError."""
    refusal = argparse.ArgumentTypeError(f"expected a number of at least 1, found {text!r}")
    try:
        value = int(text)
    except ValueError:
        raise refusal from None
    if value < 1:
        raise refusal
    return value


def add_index(parser: argparse.ArgumentParser) -> None:
    """The argument for an index that is used instead of a cache."""
    parser.add_argument(
        "--index", metavar="FILE", help="an index that `index` wrote, used instead of a cache"
    )


def add_more_models(parser: argparse.ArgumentParser) -> None:
    """The arguments for candidates besides the models of transformers."""
    parser.add_argument(
        "--models",
        action="append",
        default=[],
        metavar="DIR",
        help="a source root of your own: the models in modeling_<model>.py and "
        "modular_<model>.py files below it are candidates too; of `ROOT/./DIR`, those below DIR; "
        "may be repeated",
    )
    parser.add_argument(
        "--library",
        action="append",
        default=[],
        metavar="PACKAGE",
        help="an installed package whose models are candidates too, by the name it is imported "
        "by; may be repeated",
    )


def add_library(parser: argparse.ArgumentParser) -> None:
    """The arguments for the library and the cache of its index."""
    parser.add_argument(
        "--source-root",
        metavar="DIR",
        help="directory with transformers/models in it (default: the installed transformers)",
    )
    parser.add_argument(
        "--cache-dir", metavar="DIR", help="where the index is kept (default: the user's cache)"
    )
