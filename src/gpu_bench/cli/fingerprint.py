"""``gpu_bench fingerprint``: what a result on this machine would be filed under."""

from __future__ import annotations

import argparse
import json
import sys

HELP = "say what a result on this machine would be filed under"
DESCRIPTION = "Prints the accelerator's fingerprint as JSON."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument("--device", choices=("cuda", "xpu", "cpu"), default="cuda")
    parser.add_argument(
        "--tensor-parallel-size",
        metavar="DEVICES",
        type=_count,
        default=1,
        help="how many devices share the model, as in a request",
    )


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of 1 or more")
    return int(text)


def run(options: argparse.Namespace) -> int:
    """Prints the fingerprint of the device that a result would be measured on."""
    from gpu_bench.core.vendors import not_tried
    from gpu_bench.device.fingerprint import cards_for, fingerprint
    from toolkit.exit_codes import ExitCode

    devices = options.tensor_parallel_size
    known = fingerprint(cards_for(options.device, devices), devices)
    print(json.dumps(known, indent=1))
    if note := not_tried(known["vendor"]):
        print(f"note: {note}", file=sys.stderr)
    return ExitCode.DONE
