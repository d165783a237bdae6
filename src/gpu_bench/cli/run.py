"""``gpu_bench run``: measures one configuration."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


def add_parser(commands: Any, exit_codes: str) -> argparse.ArgumentParser:
    """The arguments of the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "run",
        help="measure the configuration that a request names",
        description="Writes DIR/result.json, raw samples included. A problem that ends the "
        "measurement is in the file too. " + exit_codes,
    )
    parser.add_argument("request", metavar="REQUEST.json", help="JSON request")
    parser.add_argument("--output", metavar="DIR", required=True, help="directory to write")
    return parser


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
