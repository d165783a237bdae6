"""``gpu_bench report``: a page with plots, and a summary for a pull request."""

from __future__ import annotations

import argparse
from pathlib import Path

from gpu_bench.cli.options import add_directories

HELP = "write a page with plots and a summary for a pull request"
DESCRIPTION = (
    "Reads the directories that benchmarks wrote (result.json, and verdict.json and "
    "provenance.json where there are), and writes index.html, which needs no network, and "
    "summary.md."
)

PAGE = "index.html"
SUMMARY = "summary.md"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments."""
    add_directories(parser)
    parser.add_argument(
        "--goodput-limit",
        metavar="TIME=LIMIT",
        action="append",
        default=[],
        help="what a request of continuous batching may take to count for goodput, e.g. "
        "time_to_first_token=200ms or per_token=20ms (repeatable)",
    )
    parser.add_argument(
        "--peaks",
        metavar="FILE.json",
        action="append",
        default=[],
        help="peaks that `gpu_bench peaks` measured, for devices whose datasheet is not in the "
        "table (repeatable)",
    )


def run(options: argparse.Namespace) -> int:
    """Writes the page and the summary.

    A file that cannot be used is named on stderr and in the page, which has all others; the exit
    code is then that of wrong input. Raises InputError if there is nothing to show, and
    MissingPackage.
    """
    from gpu_bench.cli.reporting import exit_code_of, required_packages
    from toolkit import atomic_file

    with required_packages("report"):
        from gpu_bench.report.collection import collect
        from gpu_bench.report.load import read_limits
        from gpu_bench.report.page import page
        from gpu_bench.report.runs import devices
        from gpu_bench.report.summary import summary
        from gpu_bench.results.peaks import read_measured

        limits = read_limits(options.goodput_limit)
        peaks = read_measured(map(Path, options.peaks))
        collected = collect([Path(directory) for directory in options.directories])
        by_device = devices(collected.runs)
        output = Path(options.output)
        texts = {
            output / PAGE: page(by_device, collected.problems, limits, peaks),
            output / SUMMARY: summary(by_device, collected.problems),
        }
    atomic_file.write_files({path: text.encode() for path, text in texts.items()})
    return exit_code_of(collected.problems)
