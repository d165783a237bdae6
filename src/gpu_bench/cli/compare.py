"""``gpu_bench compare``: the verdict on a result. It needs neither torch nor a device."""

from __future__ import annotations

import argparse
from pathlib import Path

from gpu_bench.cli.options import add_limits, add_per_card

HELP = "say whether a result is faster, the same, slower or inconclusive"
DESCRIPTION = "Compares outputs first, then times and memory. Needs no accelerator."
EXIT_CODES = (
    "Exit codes: 0 faster or the same, 1 slower or wrong output, 2 wrong input, 4 inconclusive."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument(
        "base",
        metavar="BASE",
        help="a result or baseline, or a directory of baselines, of which the one with NEW's "
        "address and fingerprint is taken",
    )
    parser.add_argument(
        "new", metavar="NEW", nargs="+", help="a result; several are rounds of one configuration"
    )
    add_limits(parser)
    add_per_card(parser)
    parser.add_argument(
        "--baseline-command",
        metavar="COMMAND",
        help="what to name as the command that makes a missing baseline",
    )
    parser.add_argument("--output", metavar="FILE", help="write the verdict as JSON")
    parser.add_argument("--junit-xml", metavar="FILE", help="write the verdict as JUnit XML")
    parser.add_argument("--json", action="store_true", help="print the verdict as JSON")
    parser.add_argument(
        "--exit-zero",
        action="store_true",
        help="exit with 0 whatever the verdict is, so that only a failure has another exit code",
    )


def run(options: argparse.Namespace) -> int:
    """Prints the verdict and writes the files that were requested."""
    from gpu_bench.judge import comparison, junit
    from toolkit import atomic_file
    from toolkit.exit_codes import ExitCode

    judged = comparison.compare(
        Path(options.base),
        list(map(Path, options.new)),
        options.max_regression,
        options.baseline_command,
        per_card=options.per_card,
    )
    if options.output:
        atomic_file.write_text(Path(options.output), judged.json())
    if options.junit_xml:
        atomic_file.write_text(
            Path(options.junit_xml), junit.xml(judged.verdict, judged.measured_seconds)
        )
    exit_code = comparison.show(judged, as_json=options.json)
    return ExitCode.DONE if options.exit_zero else exit_code
