"""The command line. What a command needs is imported when it runs, so that help is quick."""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Sequence


def parser() -> argparse.ArgumentParser:
    """The argument parser of all commands."""
    top = argparse.ArgumentParser(
        prog="modular_converter",
        description="Turns modular_<model>.py files into the standalone files beside them.",
        epilog="Exit codes: 0 done, 1 stale (a file, or the line to explain), 2 wrong input, "
        "3 something is missing.",
    )
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)

    convert = commands.add_parser(
        "convert",
        help="write the standalone files of modular files",
        description="Converts a batch in dependency order. Parents are found beside the file, "
        "on --search-path, or in the installed transformers.",
    )
    convert.add_argument("paths", nargs="*", metavar="PATH", help="modular file or directory")
    convert.add_argument("--request", metavar="FILE", help="JSON request, in place of PATH")
    _add_parent_options(convert)
    convert.add_argument(
        "--output-dir", metavar="DIR", help="write below DIR and not beside the modular files"
    )
    convert.add_argument(
        "--check",
        action="store_true",
        help="write nothing; show a diff for each stale file and exit with 1",
    )
    convert.add_argument(
        "--jobs", type=int, default=1, metavar="N", help="processes to use (default: 1)"
    )

    graph = commands.add_parser(
        "graph",
        help="print which models inherit from which others",
        description="Prints the models that modular files define with all their ancestors, and "
        "which classes are inherited from which file. Exit codes: 1 when models inherit from each "
        "other in a cycle, 2 when a file or a parent is wrong or missing; the rest is printed.",
    )
    graph.add_argument("paths", nargs="+", metavar="PATH", help="modular file or directory")
    _add_parent_options(graph)
    graph.add_argument(
        "--format",
        choices=("json", "dot", "svg"),
        default="json",
        help="JSON, Graphviz text or a drawing (default: json)",
    )
    graph.add_argument(
        "--model",
        action="append",
        default=[],
        metavar="NAME",
        help="only this model, its ancestors and its descendants (repeatable)",
    )
    graph.add_argument(
        "--up",
        type=_generations,
        metavar="N",
        help="with --model: how many generations of ancestors (default: all)",
    )
    graph.add_argument(
        "--down",
        type=_generations,
        metavar="N",
        help="with --model: how many generations of descendants (default: all)",
    )
    convert.add_argument(
        "--ignore",
        action="append",
        default=[],
        metavar="CODE[,CODE]",
        help="warnings not to report (repeatable; `codes` lists them)",
    )
    convert.add_argument(
        "--json",
        action="store_true",
        help="print the findings on stdout as a SARIF 2.1.0 log, and nothing else there",
    )
    convert.add_argument(
        "--quiet", action="store_true", help="print findings only: neither names of files nor sums"
    )
    convert.add_argument(
        "--sarif", metavar="FILE", help="also write the findings to FILE as a SARIF 2.1.0 log"
    )

    codes = commands.add_parser(
        "codes",
        help="say what the codes of errors and warnings mean",
        description="Lists all codes, or explains the given ones.",
    )
    codes.add_argument("codes", nargs="*", metavar="CODE", help="code of an error or a warning")
    codes.add_argument("--json", action="store_true", help="print a JSON list")

    explain = commands.add_parser(
        "explain",
        help="say where a line or class of a generated file comes from",
        description="Follows a line of a generated file to the modular or parent file that it "
        "was taken from, through every generation of parents, with the renames applied.",
    )
    explain.add_argument(
        "target",
        metavar="FILE:LINE",
        help="a line of a generated file; also FILE:Class or FILE:Class.method",
    )
    explain.add_argument(
        "--request", metavar="FILE", help="JSON request that says where parents are"
    )
    explain.add_argument(
        "--search-path",
        action="append",
        default=[],
        metavar="DIR",
        help="directory that packages of parents begin in (repeatable)",
    )
    explain.add_argument(
        "--root",
        metavar="DIR",
        default=".",
        help="what paths in banners are relative to (default: here)",
    )
    explain.add_argument(
        "--profile",
        metavar="NAME",
        help="rules of a release family (default: by the version of the parents)",
    )
    explain.add_argument("--json", action="store_true", help="print the answer as JSON")

    outline = commands.add_parser(
        "outline", help="print as JSON what modular files produce and which parents they name"
    )
    outline.add_argument("--request", metavar="FILE", required=True, help="JSON request")
    return top


def _add_parent_options(command: argparse.ArgumentParser) -> None:
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
        help="what paths in banners and under --output-dir are relative to (default: here)",
    )
    command.add_argument(
        "--profile",
        metavar="NAME",
        help="rules of a release family (default: by the version of the parents)",
    )


def _generations(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of generations")
    return int(text)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; returns the exit code."""
    top = parser()
    options = top.parse_args(arguments)
    if options.command == "convert" and bool(options.paths) == bool(options.request):
        top.error("convert needs either PATH or --request")
    if options.command == "graph" and not options.model:
        depths = (options.up, options.down)
        if depths != (None, None):
            top.error("--up and --down need --model")
    from modular_converter.cli import commands
    from modular_converter.diagnostics.record import ConversionError, EnvironmentLack

    # Generated files and names of files hold what a terminal's encoding may lack.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        return commands.run(options)
    except ConversionError as problem:
        return commands.refuse(options, problem)
    except EnvironmentLack as problem:
        return commands.give_up(options, problem)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 0
