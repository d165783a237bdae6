"""`evaluate`: how often the other commands are right."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from parent_finder.cli import arguments
from toolkit.exit_codes import ExitCode
from toolkit.progress import Progress

HELP = "measure the ranking against the parents that modular files name"
DESCRIPTION = (
    "Hides each modular file, ranks the parents of what was generated from it, and compares with "
    "the parents that it names."
)

if TYPE_CHECKING:
    from parent_finder.evaluation.round_trips import RoundTrip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    parser.add_argument(
        "--models",
        choices=("tune", "test", "all"),
        default="all",
        help="models up to the release of tuning, later ones, or both (default)",
    )
    parser.add_argument(
        "--modularize",
        action="store_true",
        help="measure the modular files that `modularize` writes instead (takes minutes)",
    )
    arguments.add_library(parser)


def run(options: argparse.Namespace) -> int:
    """Prints the tables; returns the exit code. Raises ToolError."""
    if options.modularize:
        return _round_trips(options)
    from parent_finder.cli import inputs
    from parent_finder.evaluation import ranking, report

    opened = inputs.opened(options).index
    library, root = inputs.reference(opened), inputs.root(options)
    with Progress("ranking", "files") as progress:
        result = ranking.evaluate(library, root, options.models, progress)
    if options.json:
        print(json.dumps(report.as_json(result), indent=2))
    else:
        sys.stdout.write(report.as_text(result))
    sys.stdout.flush()
    return ExitCode.DONE


def _round_trips(options: argparse.Namespace) -> int:
    from parent_finder.cli import inputs
    from parent_finder.evaluation import round_trips

    library, root = inputs.reference(inputs.opened(options).index), inputs.root(options)
    files = round_trips.generated_files(library, root)

    def progress(trip: RoundTrip, number: int, total: int) -> None:
        verdict = "exact" if trip.exact else "differs"
        print(f"[{number}/{total}] {trip.path}: {verdict}, {trip.ratio:.2f}", file=sys.stderr)

    trips = round_trips.round_trips(library, root, options.models, files, progress)
    if options.json:
        print(json.dumps(round_trips.as_json(trips), indent=2))
    else:
        sys.stdout.write(round_trips.as_text(trips))
    sys.stdout.flush()
    return ExitCode.DONE
