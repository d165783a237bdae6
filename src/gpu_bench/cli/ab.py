"""``gpu_bench ab``: measures two revisions in turn on one device, and compares them."""

from __future__ import annotations

import argparse
from pathlib import Path

from gpu_bench.cli.options import add_limits

HELP = "measure two revisions in turn on one device, and compare them"
DESCRIPTION = (
    "Measures a request with the code below --base-root and below --new-root, process by process "
    "in the order A B B A, so that drift hits both alike. Writes DIR/base/result.json, "
    "DIR/new/result.json and DIR/verdict.json."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument("request", metavar="REQUEST.json", help="JSON request")
    parser.add_argument("--base-root", metavar="DIR", required=True, help="code of the first side")
    parser.add_argument("--new-root", metavar="DIR", required=True, help="code of the second side")
    parser.add_argument("--output", metavar="DIR", required=True, help="directory to write")
    add_limits(parser)


def run(options: argparse.Namespace) -> int:
    """Measures two revisions in the order A B B A and compares them; returns the verdict's code."""
    from gpu_bench.judge import comparison, verdict_writer
    from gpu_bench.measure.session import measure_in_turn
    from gpu_bench.request.reader import read_request
    from toolkit import atomic_file

    request = read_request(options.request)
    output = Path(options.output)
    base, new = measure_in_turn(request, options.base_root, options.new_root, output)
    judged = comparison.compare(base.result_path, [new.result_path], options.max_regression)
    atomic_file.write_text(output / verdict_writer.NAME, judged.json())
    return comparison.show(judged)
