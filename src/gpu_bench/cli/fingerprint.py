"""``gpu_bench fingerprint``: what a result on this machine would be filed under."""

from __future__ import annotations

import argparse
import json
from typing import Any


def add_parser(commands: Any, exit_codes: str) -> argparse.ArgumentParser:
    """The arguments of the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "fingerprint",
        help="say what a result on this machine would be filed under",
        description="Prints the accelerator's fingerprint as JSON. " + exit_codes,
    )
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    return parser


def run(options: argparse.Namespace) -> int:
    """Prints the fingerprint of the device that a result would be measured on."""
    from gpu_bench.device.fingerprint import card_for, fingerprint
    from toolkit.exit_codes import ExitCode

    print(json.dumps(fingerprint(card_for(options.device)), indent=1))
    return ExitCode.DONE
