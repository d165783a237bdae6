"""The command `coverage`."""

from __future__ import annotations

import argparse
import sys

from toolkit.exit_codes import ExitCode

HELP = "say which architectures of the installed transformers build, which not and why"
DESCRIPTION = (
    "Tries model classes of the auto mappings: instantiate, forward, save and load back, size."
)
EXIT_CODES = (
    "Exit codes: 0 done, 1 fewer than --require percent succeed, 2 wrong input, 3 something is "
    "missing."
)
_LINE_FOR_EVERY = 50
_MOST_PROCESSES = 1024


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument(
        "--class",
        dest="classes",
        action="append",
        default=[],
        metavar="NAME",
        help="only this class, or all of this model type (repeatable)",
    )
    parser.add_argument("--jobs", type=_count, default=1, metavar="N", help="processes to use")
    parser.add_argument(
        "--build-only", action="store_true", help="instantiate and save; neither run nor load"
    )
    parser.add_argument(
        "--pipelines",
        action="store_true",
        help="try the tasks of transformers' pipelines on a fixture each, in place of classes; "
        "prints a table in Markdown",
    )
    parser.add_argument("--require", type=float, default=0.0, metavar="PERCENT", help="default: 0")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print the results as JSON")
    form.add_argument("--markdown", action="store_true", help="print tables for the docs")
    parser.add_argument("--quiet", action="store_true", help="no progress on stderr")


def run(options: argparse.Namespace) -> int:
    """Tries the classes and prints the results."""
    from tiny_models.coverage import report as coverage_report
    from tiny_models.coverage import run as coverage
    from tiny_models.transformers_api.process import prepare

    prepare()
    if options.pipelines:
        return _run_pipelines(options)
    tried = 0

    def report(result: coverage.Result, total: int) -> None:
        nonlocal tried
        tried += 1
        if not options.quiet and (tried % _LINE_FOR_EVERY == 0 or not result.ok):
            outcome = f"{result.architecture}: {result.reached} {result.cause}".rstrip()
            print(f"[{tried}/{total}] {outcome}", file=sys.stderr)

    results = coverage.run(
        options.classes, build_only=options.build_only, jobs=options.jobs, report=report
    )
    if options.json:
        print(coverage_report.as_json(results))
    elif options.markdown:
        print(coverage_report.as_markdown(results), end="")
    else:
        print(coverage_report.as_text(results), end="")
    share = 100 * sum(result.ok for result in results) / max(1, len(results))
    return ExitCode.DONE if share >= options.require else ExitCode.ANSWER_IS_NO


def _run_pipelines(options: argparse.Namespace) -> int:
    from tiny_models.coverage import pipelines

    def report(result: pipelines.PipelineResult) -> None:
        if not options.quiet:
            outcome = result.cause or "ok"
            print(f"{result.task}: {result.architecture}: {outcome}", file=sys.stderr)

    results = pipelines.try_all(report)
    print(pipelines.as_markdown(results), end="")
    share = 100 * sum(result.ok for result in results) / max(1, len(results))
    return ExitCode.DONE if share >= options.require else ExitCode.ANSWER_IS_NO


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= _MOST_PROCESSES:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of processes")
    return int(text)
