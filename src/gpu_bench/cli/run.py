"""``gpu_bench run``: measures one configuration."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = "measure the configuration that a request names"
DESCRIPTION = (
    "Writes DIR/result.json, raw samples included. A problem that ends the measurement is in the "
    "file too."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument("request", metavar="REQUEST.json", help="JSON request")
    parser.add_argument("--output", metavar="DIR", required=True, help="directory to write")
    parser.add_argument(
        "--base-root",
        metavar="ROOT",
        help="measure the code below ROOT as well, in turn with the request's own, and write "
        "DIR/base/result.json and DIR/new/result.json",
    )


def run(options: argparse.Namespace) -> int:
    """Measures a request and writes `result.json`; raises the problem that ended it, if any."""
    from gpu_bench.measure.session import Side, measure, measure_in_turn
    from gpu_bench.request.reader import read_request
    from toolkit.exit_codes import ExitCode

    request = read_request(options.request)
    output = Path(options.output)
    if options.base_root is not None:
        new_root = request.import_root or "."
        measure_in_turn(request, options.base_root, new_root, output)
        return ExitCode.DONE
    side = Side(request, output, request.import_root)
    measure([side])
    if side.problem is not None:
        raise side.problem
    return ExitCode.DONE
