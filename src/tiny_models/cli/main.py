"""The command line. What a command needs is imported when it runs, so that help is quick."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

EXIT_CODES = "Exit codes: 0 done, 1 the answer is no, 2 wrong input, 3 something is missing."


def parser() -> argparse.ArgumentParser:
    """The argument parser of all commands."""
    top = argparse.ArgumentParser(
        prog="tiny_models",
        description="Builds tiny, deterministic models for tests, offline.",
        epilog=EXIT_CODES,
    )
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)

    build = commands.add_parser(
        "build",
        help="build the fixtures that a request names",
        description="Builds every fixture of a request in one process. A finished fixture whose "
        "inputs are unchanged is kept; prints the directories of all fixtures. " + EXIT_CODES,
    )
    build.add_argument("request", metavar="REQUEST.json", help="JSON request")
    build.add_argument("--output", metavar="DIR", required=True, help="directory to write below")
    build.add_argument(
        "--record",
        metavar="FILE",
        help="also write what the checks found, with the versions of torch and numpy",
    )
    build.add_argument("--quiet", action="store_true", help="no progress on stderr")

    verify = commands.add_parser(
        "verify",
        help="check a fixture's integrity, and that it loads and runs",
        description="Compares files with the manifest and the weights with the config before "
        "anything is loaded, then loads the model and runs it. " + EXIT_CODES,
    )
    verify.add_argument("directory", metavar="DIR", help="directory of a fixture")
    verify.add_argument(
        "--static", action="store_true", help="integrity only: load and run nothing"
    )
    verify.add_argument("--json", action="store_true", help="print the answer as JSON")
    _add_modules(verify)

    run = commands.add_parser(
        "run",
        help="run a command for which fixtures are loadable by their names",
        description="Runs COMMAND with the fixtures in an offline hub cache, and `python` as the "
        "interpreter of this tool. Without a command, verifies the fixtures. " + EXIT_CODES,
    )
    run.add_argument("directories", metavar="DIR", nargs="+", help="directory of a fixture")
    _add_modules(run)

    publish = commands.add_parser(
        "publish",
        help="upload a fixture to a repository of a model hub",
        description="Makes the repository hold the fixture, by one commit, and prints the revision "
        "to pin; prints `unchanged` where it holds it already. The token is that of HF_TOKEN or of "
        "the file that HF_TOKEN_PATH names. " + EXIT_CODES,
    )
    publish.add_argument("directory", metavar="DIR", help="directory of a fixture")
    publish.add_argument(
        "--repo-id", metavar="OWNER/NAME", required=True, help="made where there is none"
    )
    publish.add_argument(
        "--endpoint", metavar="URL", help="default: HF_ENDPOINT, or the public hub"
    )
    publish.add_argument(
        "--revision", metavar="BRANCH", default="main", help="branch to commit to (default: main)"
    )
    publish.add_argument(
        "--private", action="store_true", help="if the repository is made, make it private"
    )
    publish.add_argument(
        "--dry-run", action="store_true", help="print what would change; write nothing there"
    )
    publish.add_argument("--json", action="store_true", help="print the outcome as JSON")

    architectures = commands.add_parser(
        "architectures",
        help="list the model classes of a model type",
        description="Prints the model classes that transformers' Auto classes know for a model "
        "type, one a line; imports nothing. " + EXIT_CODES,
    )
    architectures.add_argument("model_type", metavar="MODEL_TYPE")
    architectures.add_argument(
        "--auto-file",
        metavar="FILE",
        required=True,
        help="transformers/models/auto/modeling_auto.py of the release",
    )

    companions = commands.add_parser(
        "companions",
        help="say which files define the tokenizers and processors of a library's models",
        description="Prints, as JSON, the files with the tokenizer and processor classes that the "
        "Auto classes' tables name for each directory of models; imports nothing. " + EXIT_CODES,
    )
    companions.add_argument(
        "models", metavar="DIR", help="transformers/models of a release or a checkout"
    )

    coverage = commands.add_parser(
        "coverage",
        help="say which architectures of the installed transformers build, which not and why",
        description="Tries model classes of the auto mappings: instantiate, forward, save and "
        "load back, size. Exit code 1 when fewer than --require percent succeed.",
    )
    coverage.add_argument(
        "--class", dest="classes", action="append", default=[], metavar="NAME",
        help="only this class, or all of this model type (repeatable)",
    )  # fmt: skip
    coverage.add_argument("--jobs", type=_count, default=1, metavar="N", help="processes to use")
    coverage.add_argument(
        "--build-only", action="store_true", help="instantiate and save; neither run nor load"
    )
    coverage.add_argument(
        "--require", type=float, default=0.0, metavar="PERCENT", help="default: 0"
    )
    form = coverage.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print the results as JSON")
    form.add_argument("--markdown", action="store_true", help="print tables for the docs")
    coverage.add_argument("--quiet", action="store_true", help="no progress on stderr")
    return top


def _add_modules(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--module", dest="modules", action="append", default=[], metavar="NAME",
        help="a module that has the class of a fixture of generated code (repeatable)",
    )  # fmt: skip


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 1024:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of processes")
    return int(text)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; returns the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    command: list[str] = []
    if given[:1] == ["run"] and "--" in given:
        end = given.index("--")
        given, command = given[:end], given[end + 1 :]
    options = parser().parse_args(given)
    options.run_command = command
    from tiny_models.cli import commands
    from toolkit.errors import ToolError

    try:
        return commands.run(options)
    except ToolError as problem:
        print(problem.render(), file=sys.stderr)
        return problem.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 0
