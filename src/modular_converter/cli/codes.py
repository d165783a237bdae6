"""The ``codes`` command: what the codes of errors and warnings mean."""

from __future__ import annotations

import argparse
import json
import sys

HELP = "say what the codes of errors and warnings mean"
DESCRIPTION = "Lists all codes, or explains the given ones."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument("codes", nargs="*", metavar="CODE", help="code of an error or a warning")
    parser.add_argument("--json", action="store_true", help="print a JSON list")


def run(options: argparse.Namespace) -> int:
    """Prints the explanations; returns 0. Raises ConversionError for an unknown code."""
    from modular_converter.diagnostics.codes import BY_NAME, CODES, describe
    from modular_converter.diagnostics.record import error

    unknown = [name for name in options.codes if name not in BY_NAME]
    if unknown:
        raise error(
            "unknown-code",
            "",
            f"there is no code `{unknown[0]}`",
            hint="`modular_converter codes` lists all codes",
        )
    chosen = [BY_NAME[name] for name in options.codes] or list(CODES)
    if options.json:
        listed = [
            {
                "code": code.name,
                "severity": code.severity,
                "pedantic": code.is_pedantic,
                "summary": code.summary,
                "help": code.help,
            }
            for code in chosen
        ]
        json.dump(listed, sys.stdout, indent=1)
        print()
    else:
        print("\n".join(map(describe, chosen)))
    return 0
