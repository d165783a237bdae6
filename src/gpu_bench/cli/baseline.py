"""``gpu_bench baseline``: keeps a result as the baseline of its device."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from gpu_bench.cli.options import add_per_card

HELP = "keep a result as the baseline of its device"
DESCRIPTION = (
    "Writes a baseline file into --output, named by address and fingerprint. Refused from a "
    "partial, contended or throttled measurement."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument("new", metavar="NEW", nargs="+", help="a result, or rounds of one")
    parser.add_argument("--output", metavar="DIR", required=True, help="directory of baselines")
    add_per_card(parser)
    parser.add_argument(
        "--commit",
        metavar="COMMIT",
        help="the commit that was measured, which reports name and by which baselines of several "
        "cards show that they are of the same code",
    )
    parser.add_argument("--dirty", action="store_true", help="files differed from the commit")


def run(options: argparse.Namespace) -> int:
    """Writes a baseline and prints its path."""
    from gpu_bench.judge import baselines, verdict
    from gpu_bench.results.measurement import pool, unwatched
    from gpu_bench.results.reader import Revision, read_result
    from toolkit import atomic_file
    from toolkit.exit_codes import ExitCode

    measured = pool([read_result(Path(path)) for path in options.new])
    revision = Revision(options.commit, options.dirty) if options.commit else None
    content = baselines.text(measured, revision)
    path = Path(options.output) / baselines.name_of(measured, per_card=options.per_card)
    atomic_file.write_text(path, content)
    number = len(measured.processes)
    if number < verdict.ENOUGH_PROCESSES:
        print(
            f"{path}: warning: measured in {number} process; how much processes differ stays "
            "unknown, so only large changes will be decided\n"
            "hint: measure with `processes` of at least 2 and write the baseline again",
            file=sys.stderr,
        )
    if blind := unwatched(measured):
        print(
            f"{path}: warning: the device was not watched for {' and '.join(blind)}, so the "
            "baseline may be of a disturbed run",
            file=sys.stderr,
        )
    if not measured.stable:
        print(
            f"{path}: warning: the model generates other tokens from run to run, so wrong output "
            "cannot be recognised",
            file=sys.stderr,
        )
    print(path)
    return ExitCode.DONE
