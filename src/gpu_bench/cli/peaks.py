"""``gpu_bench peaks``: measures once what a device can do at most."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

HELP = "measure what a device can do at most"
DESCRIPTION = (
    "Measures matrix products and copies on the device that a benchmark would be measured on, and "
    "writes the rates to FILE.json. `report --peaks` states shares of them for a card whose "
    "datasheet is not in the tool's table."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument("--device", choices=("cuda", "xpu", "cpu"), default="cuda")
    parser.add_argument("--output", metavar="FILE.json", required=True, help="file to write")


def run(options: argparse.Namespace) -> int:
    """Measures the peaks and writes them.

    Raises NoAccelerator and MissingPackage as measuring does, InputError if the file cannot be
    written.
    """
    from gpu_bench.core.vendors import not_tried
    from gpu_bench.measure.peaks_session import measure_once
    from gpu_bench.measure.result_writer import write_json
    from toolkit.exit_codes import ExitCode

    measured = measure_once(options.device)
    write_json(Path(options.output), measured)
    if note := not_tried(measured["fingerprint"]["vendor"]):
        print(f"note: {note}", file=sys.stderr)
    return ExitCode.DONE
