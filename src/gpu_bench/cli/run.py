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


def run(options: argparse.Namespace) -> int:
    """Measures a request and writes `result.json`; raises the problem that ended it, if any."""
    from gpu_bench.measure.session import Side, measure
    from gpu_bench.request.reader import read_request
    from toolkit.exit_codes import ExitCode

    request = read_request(options.request)
    side = Side(request, Path(options.output), request.model.import_root)
    measure([side])
    if side.problem is not None:
        raise side.problem
    return ExitCode.DONE
