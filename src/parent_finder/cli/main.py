"""The command line. What a command needs is imported when it runs, so that help is quick."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence


def parser() -> argparse.ArgumentParser:
    """The argument parser of all commands."""
    top = argparse.ArgumentParser(
        prog="parent_finder",
        description="Names the models that a new model should inherit from.",
        epilog="Exit codes: 0 done, 1 the answer is no (nothing similar, not proven, copies "
        "found), 2 wrong input, 3 something is missing.",
    )
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)

    rank = commands.add_parser(
        "rank",
        help="rank the parents of a file's classes and methods, and plan the inheritance",
        description="Compares a standalone modeling file with all models of a library, by their "
        "sources alone, and plans which classes to inherit and what to override.",
    )
    rank.add_argument("file", metavar="FILE", help="a standalone modeling_<model>.py")
    rank.add_argument(
        "--top", type=_positive, default=5, metavar="K", help="candidates for each (default: 5)"
    )
    rank.add_argument(
        "--embedding-checkpoint",
        metavar="DIR",
        help="a local sentence-embedding model whose cosine is averaged with the default one; "
        "needs torch and transformers",
    )
    rank.add_argument("--json", action="store_true", help="print JSON instead of tables")

    evaluate = commands.add_parser(
        "evaluate",
        help="measure the ranking against the parents that modular files name",
        description="Hides each modular file, ranks the parents of what was generated from it, "
        "and compares with the parents that it names.",
    )
    evaluate.add_argument("--json", action="store_true", help="print JSON instead of a table")
    evaluate.add_argument(
        "--models",
        choices=("tune", "test", "all"),
        default="all",
        help="models up to the release of tuning, later ones, or both (default)",
    )
    evaluate.add_argument(
        "--modularize",
        action="store_true",
        help="measure the modular files that `modularize` writes instead (takes minutes)",
    )
    modularize = commands.add_parser(
        "modularize",
        help="write the modular file of a standalone model, and prove it",
        description="Writes the modular file that inherits as much as possible from other models, "
        "and converts it to prove that it gives the standalone files back.",
    )
    modularize.add_argument(
        "files", nargs="+", metavar="FILE", help="standalone files of one model, as modeling_new.py"
    )
    modularize.add_argument(
        "--parent",
        action="append",
        default=[],
        metavar="MODEL",
        help="a model to inherit from, by its directory's name; may be repeated (default: the "
        "most similar models)",
    )
    modularize.add_argument(
        "--output",
        metavar="FILE",
        help="where to write; - prints it (default: modular_<model>.py next to the first file)",
    )
    modularize.add_argument(
        "--json", action="store_true", help="print JSON, and write only what --output names"
    )
    copies = commands.add_parser(
        "copies",
        help="find the classes of standalone files that are copies of a known class",
        description="Names each class that is written like one of another model, so that it can "
        "be inherited. Generated files are passed over.",
    )
    copies.add_argument("files", nargs="+", metavar="FILE", help="Python files of models")
    copies.add_argument("--json", action="store_true", help="print JSON instead of lines")

    build = commands.add_parser(
        "index",
        help="read a library once, into one file that the other commands take",
        description="Writes the index of a library, which `rank`, `modularize` and `copies` take "
        "with --index. It is the same for the same sources, wherever it is built.",
    )
    build.add_argument("--output", required=True, metavar="FILE", help="where to write the index")

    for command in (rank, modularize, copies):
        command.add_argument(
            "--index", metavar="FILE", help="an index that `index` wrote, used instead of a cache"
        )
    for command in (rank, evaluate, modularize, copies, build):
        command.add_argument(
            "--source-root",
            metavar="DIR",
            help="directory with transformers/models in it (default: the installed transformers)",
        )
        command.add_argument(
            "--cache-dir", metavar="DIR", help="where the index is kept (default: the user's cache)"
        )
    return top


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("expected a number of at least 1")
    return value


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; returns the exit code."""
    options = parser().parse_args(arguments)
    try:
        from parent_finder.cli import commands
        from parent_finder.core import errors
    except ModuleNotFoundError as problem:
        print(
            f"error: {problem.name} is not installed\nhint: pip install {problem.name}",
            file=sys.stderr,
        )
        return 3
    try:
        return commands.run(options)
    except errors.InputError as problem:
        print(errors.render(problem), file=sys.stderr)
        return 2
    except errors.EnvironmentLack as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader has gone: what is still buffered has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
