"""``gpu_bench fingerprint``: what a result on this machine would be filed under."""

from __future__ import annotations

import argparse
import json

HELP = "say what a result on this machine would be filed under"
DESCRIPTION = "Prints the accelerator's fingerprint as JSON."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")


def run(options: argparse.Namespace) -> int:
    """Prints the fingerprint of the device that a result would be measured on."""
    from gpu_bench.device.fingerprint import card_for, fingerprint
    from toolkit.exit_codes import ExitCode

    print(json.dumps(fingerprint(card_for(options.device)), indent=1))
    return ExitCode.DONE
