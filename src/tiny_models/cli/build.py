"""The command `build`."""

from __future__ import annotations

import argparse
import json
import sys

from toolkit.atomic_file import write_text
from toolkit.errors import ToolError
from toolkit.exit_codes import ExitCode

HELP = "build the fixtures that a request names"
DESCRIPTION = (
    "Builds every fixture of a request in one process. A finished fixture whose inputs are "
    "unchanged is kept; prints the directories of all fixtures."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument("request", metavar="REQUEST.json", help="JSON request")
    parser.add_argument("--output", metavar="DIR", required=True, help="directory to write below")
    parser.add_argument(
        "--record",
        metavar="FILE",
        help="also write what the checks found, with the versions of torch and numpy",
    )
    parser.add_argument("--quiet", action="store_true", help="no progress on stderr")


def run(options: argparse.Namespace) -> int:
    """Builds the fixtures and prints their directories."""
    from tiny_models.request.request import read_request

    fixtures = read_request(options.request)
    from tiny_models.request.source_import import put_roots_first

    put_roots_first(fixtures)
    from tiny_models.fixture.build import Built, build_request
    from tiny_models.transformers_api.process import prepare

    prepare()

    def report(built: Built, number: int, total: int) -> None:
        if not options.quiet:
            what = "kept" if built.record is None else f"built in {built.seconds:.1f} s"
            print(f"[{number}/{total}] {built.plan.title}: {what}", file=sys.stderr)

    def report_problem(problem: ToolError) -> None:
        print(problem.render(), file=sys.stderr)

    outcome = build_request(fixtures, options.output, report, report_problem)
    if options.record:
        records = {
            built.plan.path: built.record for built in outcome.built if built.record is not None
        }
        record = json.dumps({"schema": 1, "fixtures": records}, indent=1, sort_keys=True)
        write_text(options.record, record + "\n")
    for built in outcome.built:
        print(built.directory)
    return max((ExitCode.DONE, *(problem.exit_code for problem in outcome.problems)))
