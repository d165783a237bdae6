"""The command line. What a command needs is imported when it runs, so that help is quick."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

EXIT_CODES = (
    "Exit codes: 0 done, 1 the answer is no, 2 wrong input, 3 something is missing, 4 undecided."
)


def parser() -> argparse.ArgumentParser:
    """The argument parser of all commands."""
    top = argparse.ArgumentParser(
        prog="gpu_bench",
        description="Measures models on an accelerator and judges the figures.",
        epilog=EXIT_CODES,
    )
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    _add_measuring(commands)
    _add_judging(commands)
    _add_reporting(commands)
    return top


def _add_measuring(commands) -> None:
    run = commands.add_parser(
        "run",
        help="measure the configuration that a request names",
        description="Writes DIR/result.json, raw samples included. A problem that ends the "
        "measurement is in the file too. " + EXIT_CODES,
    )
    run.add_argument("request", metavar="REQUEST.json", help="JSON request")
    run.add_argument("--output", metavar="DIR", required=True, help="directory to write")

    both = commands.add_parser(
        "ab",
        help="measure two revisions in turn on one device, and compare them",
        description="Measures a request with the code below --base-root and below --new-root, "
        "process by process in the order A B B A, so that drift hits both alike. Writes "
        "DIR/base/result.json, DIR/new/result.json and DIR/verdict.json. " + EXIT_CODES,
    )
    both.add_argument("request", metavar="REQUEST.json", help="JSON request")
    both.add_argument("--base-root", metavar="DIR", required=True, help="code of the first side")
    both.add_argument("--new-root", metavar="DIR", required=True, help="code of the second side")
    both.add_argument("--output", metavar="DIR", required=True, help="directory to write")
    _add_limits(both)

    fingerprint = commands.add_parser(
        "fingerprint",
        help="say what a result on this machine would be filed under",
        description="Prints the accelerator's fingerprint as JSON. " + EXIT_CODES,
    )
    fingerprint.add_argument("--device", choices=("cuda", "cpu"), default="cuda")


def _add_judging(commands) -> None:
    compare = commands.add_parser(
        "compare",
        help="say whether a result is faster, the same, slower or inconclusive",
        description="Compares outputs first, then times and memory. Exit code 0: faster or the "
        "same, 1: slower or wrong output, 4: inconclusive. Needs no accelerator.",
    )
    compare.add_argument(
        "base",
        metavar="BASE",
        help="a result or baseline, or a directory of baselines, of which the one with NEW's "
        "address and fingerprint is taken",
    )
    compare.add_argument(
        "new", metavar="NEW", nargs="+", help="a result; several are rounds of one configuration"
    )
    _add_limits(compare)
    compare.add_argument(
        "--baseline-command",
        metavar="COMMAND",
        help="what to name as the command that makes a missing baseline",
    )
    compare.add_argument("--output", metavar="FILE", help="write the verdict as JSON")
    compare.add_argument("--junit-xml", metavar="FILE", help="write the verdict as JUnit XML")
    compare.add_argument("--json", action="store_true", help="print the verdict as JSON")
    compare.add_argument(
        "--exit-zero",
        action="store_true",
        help="exit with 0 whatever the verdict is, so that only a failure has another exit code",
    )

    baseline = commands.add_parser(
        "baseline",
        help="keep a result as the baseline of its device",
        description="Writes a baseline file into --output, named by address and fingerprint. "
        "Refused from a partial, contended or throttled measurement. " + EXIT_CODES,
    )
    baseline.add_argument("new", metavar="NEW", nargs="+", help="a result, or rounds of one")
    baseline.add_argument("--output", metavar="DIR", required=True, help="directory of baselines")


def _add_reporting(commands) -> None:
    report = commands.add_parser(
        "report",
        help="write a page with plots and a summary for a pull request",
        description="Reads the directories that benchmarks wrote (result.json, and verdict.json "
        "and provenance.json where there are), and writes index.html, which needs no network, "
        "and summary.md. " + EXIT_CODES,
    )
    report.add_argument("directories", metavar="DIR", nargs="+", help="searched for results")
    report.add_argument("--output", metavar="DIR", required=True, help="directory to write")

    export = commands.add_parser(
        "export",
        help="write results as transformers' benchmark dashboard reads them",
        description="Writes the two JSON Lines files that the dashboard of transformers' own "
        "benchmarks reads. " + EXIT_CODES,
    )
    export.add_argument("directories", metavar="DIR", nargs="+", help="searched for results")
    export.add_argument("--output", metavar="DIR", required=True, help="directory to write")


def _add_limits(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--max-regression",
        metavar="[METRIC=]SHARE",
        action="append",
        default=[],
        help="how much worse a metric may get, e.g. 3%% or peak_allocated=1%% (repeatable)",
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; returns the exit code."""
    options = parser().parse_args(sys.argv[1:] if arguments is None else arguments)
    from gpu_bench.core.errors import WRONG_INPUT, BenchmarkError

    try:
        return _command(options.command)(options)
    except BenchmarkError as problem:
        print(problem.render(), file=sys.stderr)
        return problem.exit_code
    except BrokenPipeError:
        # Whoever read the output has enough.
        sys.stderr.close()
        return WRONG_INPUT


def _command(name: str):
    if name in ("run", "ab", "fingerprint"):
        from gpu_bench.cli import measuring as commands
    elif name in ("compare", "baseline"):
        from gpu_bench.cli import judging as commands
    else:
        from gpu_bench.cli import reporting as commands
    return getattr(commands, name)
